/** Why a command ended, as a closed set; each has one documented exit code. */
export type ErrorKind = 'unexpected' | 'usage' | 'input' | 'tool' | 'deadline' | 'refused';

/** Exit code of each kind. 0 is success; those of signals are with `Interrupted`. */
export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  unexpected: 1,
  usage: 2,
  input: 3,
  tool: 4,
  deadline: 5,
  refused: 6,
};

/** The three lines of every expected failure: what failed on which input, why, and what to do about it. */
export interface Explanation {
  readonly what: string;
  readonly why: string;
  readonly hint: string;
  readonly cause?: unknown;
}

/** An expected failure, written for the person who typed the command. */
export class OpError extends Error {
  readonly kind: ErrorKind;
  readonly why: string;
  readonly hint: string;

  constructor(kind: ErrorKind, { what, why, hint, cause }: Explanation) {
    super(what, cause === undefined ? undefined : { cause });
    this.name = 'OpError';
    this.kind = kind;
    this.why = why;
    this.hint = hint;
  }

  get exitCode(): number {
    return exitCodes[this.kind];
  }
}

/** The command line is wrong (exit 2). */
export const usageError = (explanation: Explanation) => new OpError('usage', explanation);
/** A file, a value or a configuration is missing or malformed (exit 3). */
export const inputError = (explanation: Explanation) => new OpError('input', explanation);
/** A program or a service that op uses failed (exit 4). */
export const toolError = (explanation: Explanation) => new OpError('tool', explanation);
/** A deadline passed (exit 5). */
export const deadlineError = (explanation: Explanation) => new OpError('deadline', explanation);
/** Everything worked, but a check failed (exit 6). */
export const refusedError = (explanation: Explanation) => new OpError('refused', explanation);

/** The signals that stop op, with its exit codes: 128 + their number, as shells report it. SIGHUP means that the terminal was closed. */
const signalExitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
export type StopSignal = keyof typeof signalExitCodes;
export const stopSignals = Object.keys(signalExitCodes) as readonly StopSignal[];

/** The command was stopped by a signal. */
export class Interrupted extends Error {
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.name = 'Interrupted';
    this.signal = signal;
  }

  get exitCode(): number {
    return signalExitCodes[this.signal];
  }
}
