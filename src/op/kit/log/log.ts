import { type Details, keepBack } from './kept-back.js';

/**
 * Output for people, in `tkn pr logs` or on a terminal.
 * `step` is always shown; `progress` is one rewritten line on a terminal and a plain timestamped line elsewhere.
 */
export interface Log {
  step(text: string): void;
  progress(text: string): void;
  warn(text: string): void;
  debug(text: string): void;
  /** Shown at once on a terminal and with --debug; elsewhere kept back, and shown only when the command fails. */
  detail(text: string): void;
  /** The same for one of several things that are done at the same time: the last lines of each are kept. */
  details(): Details;
  /** Somebody watches: progress rewrites itself, and may be reported often. */
  readonly live: boolean;
}

/** A log, and what it has kept back. */
export interface OpenLog extends Log {
  /** What led to a failure: the details that were not shown; empty when there are none. */
  readonly keptBack: () => string;
}

interface Sink {
  readonly write: (text: string) => void;
  readonly tty: boolean;
  readonly now: () => Date;
  readonly debug: boolean;
  readonly clean: (text: string) => string;
  /** In a pod, where somebody else sets variables. */
  readonly inPod?: boolean;
  /** In a step of a Task, whose paths are nowhere else: the next command is not told, since nobody can type it. */
  readonly inStep?: boolean;
}

const clock = (now: Date) => now.toISOString().slice(11, 19);
const eraseLine = '\r\u001b[2K';

/** Creates a log that writes to one sink; text passes through `clean` (redaction) first. */
export function createLog({ write, tty, now, debug, clean, inPod = false, inStep = inPod }: Sink): OpenLog {
  let pending = false;
  const line = (text: string) => {
    write(`${pending ? eraseLine : ''}${clean(text)}\n`);
    pending = false;
  };
  const kept = keepBack(() => clock(now()), clean, inPod ? seeAllInPod : 'see every line as it comes with --debug');
  const shown: Details = { add: line, forget: () => undefined };
  const details = () => (tty || debug ? shown : kept.open());
  const own = details();
  return {
    step(text) {
      const said = inStep ? text.replace(/(?:^|; )next: op .*$/u, '') : text;
      if (said !== '' || text === '') line(said);
    },
    progress(text) {
      if (!tty) return line(`${clock(now())} ${text}`);
      write(`${eraseLine}${clean(text)}`);
      pending = true;
    },
    // Further lines are indented: what a warning quotes cannot look like a line of its own.
    warn: (text) => line(`warning: ${text.replaceAll('\n', '\n         ')}`),
    debug(text) {
      if (debug) line(`debug: ${text}`);
    },
    detail: own.add,
    details,
    live: tty,
    keptBack: kept.shown,
  };
}

/** Tasks define no environment variables, so the run does. */
const seeAllInPod = 'see every line as it comes with OP_DEBUG=true in podTemplate.env of the run';
