import type { Context } from '../../src/op/context.js';

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
    log: { step: write, progress: write, warn: (text) => write(`warning: ${text}`), debug: () => {} },
    signal: new AbortController().signal,
    debug: false,
    propertiesFile: undefined,
    ...parts,
  };
  return { context, printed };
}
