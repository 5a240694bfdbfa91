import type { Context } from '../../context.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { type Ended, failureOf, run } from '../../kit/process/run.js';
import { registryCommand } from '../../systems/registry/crane.js';

/** Ends the registry; never seen outside this file. */
const stopped = new Error('the registry is no longer needed');
const failing = { what: 'cannot run a registry on this machine', hint: 'run op doctor' };

/** A registry for builders that must push; the end of its `await using` stops it and removes its images. */
export interface ThrowAwayRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
}

/** Starts a registry on a free port of this machine's loopback. @throws OpError (tool) when it does not start */
export async function startThrowAwayRegistry(context: Context): Promise<ThrowAwayRegistry> {
  const directory = await makePrivateDirectory(context, 'registry');
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const command = registryCommand(directory.path);
  let serving: Promise<Ended | undefined> = Promise.resolve(undefined);
  const port = new Promise<string>((found, failed) => {
    const onLine = (line: string) => {
      const number = /serving on port (\d+)/u.exec(line)?.[1];
      if (number !== undefined) found(number);
    };
    serving = run({ ...context, signal }, { ...command, onLine });
    serving.then((ended) => failed(ended && failureOf(command, ended, failing)), failed);
  });
  const dispose = async () => {
    stop.abort(stopped);
    await serving.catch(() => undefined);
    await directory.dispose();
  };
  try {
    return { host: `127.0.0.1:${await port}`, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
