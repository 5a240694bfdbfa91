import type { Context } from '../../src/op/context.js';
import type { Log } from '../../src/op/kit/log/log.js';

/** A context for a test, and what was printed through it. */
export interface TestContext {
  readonly context: Context;
  readonly printed: string[];
}

/** A context that writes into a list: nothing of this process's environment, and never aborted unless the test says so. */
export function testContext(parts: Partial<Context> = {}): TestContext {
  const printed: string[] = [];
  const write = (text: string) => void printed.push(text);
  const context: Context = {
    env: {},
    cwd: process.cwd(),
    now: () => new Date(),
    out: write,
    log: logInto(write),
    signal: new AbortController().signal,
    debug: false,
    propertiesFile: undefined,
    importModule: (url) => import(url),
    ...parts,
  };
  return { context, printed };
}

/** A log like that of a terminal: details too, and nothing for debugging. @param progress where progress goes, if elsewhere */
export const logInto = (write: (text: string) => void, progress = write): Log => ({
  step: write,
  progress,
  warn: (text) => write(`warning: ${text}`),
  debug: () => {},
  detail: write,
  details: () => ({ add: write, forget: () => {} }),
  live: true,
});
