import type { Context } from '../../context.js';
import { withTemporaryDirectory } from '../../kit/files/temporary.js';
import { type Ended, failureOf, run } from '../../kit/process/run.js';

/** Ends the registry; never seen outside this file. */
const enough = new Error('the registry is not needed any more');
const failing = { what: 'cannot run a registry on this machine', hint: 'run op doctor' };

/**
 * Runs a registry on this machine's loopback, on a free port, for as long as `act` takes: builders that push need somewhere to push
 * to, and nothing of it stays.
 * @param act is given `127.0.0.1:PORT`
 */
export async function withThrowAwayRegistry<T>(context: Context, act: (registry: string) => Promise<T>): Promise<T> {
  return withTemporaryDirectory(context, 'registry', async (directory) => {
    const stop = new AbortController();
    const signal = AbortSignal.any([context.signal, stop.signal]);
    const command = { program: 'crane', args: ['registry', 'serve', '--address=127.0.0.1:0', `--disk=${directory}`] };
    let serving: Promise<Ended | undefined> = Promise.resolve(undefined);
    const port = new Promise<string>((found, failed) => {
      const onLine = (line: string) => {
        const number = /serving on port (\d+)/u.exec(line)?.[1];
        if (number !== undefined) found(number);
      };
      serving = run({ ...context, signal }, { ...command, onLine });
      serving.then((ended) => failed(ended && failureOf(command, ended, failing)), failed);
    });
    try {
      return await act(`127.0.0.1:${await port}`);
    } finally {
      stop.abort(enough);
      await serving.catch(() => undefined);
    }
  });
}
