/**
 * Output for people, in `tkn pr logs` or on a terminal.
 * `step` is always shown; `progress` is one rewritten line on a terminal and a plain timestamped line elsewhere.
 */
export interface Log {
  step(text: string): void;
  progress(text: string): void;
  warn(text: string): void;
  debug(text: string): void;
}

interface Sink {
  readonly write: (text: string) => void;
  readonly tty: boolean;
  readonly now: () => Date;
  readonly debug: boolean;
  readonly clean: (text: string) => string;
}

const clock = (now: Date) => now.toISOString().slice(11, 19);
const eraseLine = '\r\u001b[2K';

/** Creates a log that writes to one sink; text passes through `clean` (redaction) first. */
export function createLog({ write, tty, now, debug, clean }: Sink): Log {
  let pending = false;
  const line = (text: string) => {
    write(`${pending ? eraseLine : ''}${clean(text)}\n`);
    pending = false;
  };
  return {
    step: line,
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
  };
}
