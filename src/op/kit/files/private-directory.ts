import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../errors/op-error.js';

/** A directory that only this user can enter, for copies of credentials. Disposing of it removes it. */
export interface PrivateDirectory extends AsyncDisposable {
  readonly path: string;
  readonly dispose: () => Promise<void>;
}

const removal = { recursive: true, force: true } as const;

/**
 * Creates one in the temporary directory (TMPDIR, or the system's), with mode 0700 from mkdtemp. Its path has no symbolic links, which
 * the temporary directory of macOS has: code that checks untrusted files for links would find ours.
 * @throws OpError (input) when the temporary directory is not writable
 */
export async function makePrivateDirectory(context: Pick<Context, 'env'>, purpose: string): Promise<PrivateDirectory> {
  const parent = context.env.TMPDIR || tmpdir();
  const make = async () => mkdtemp(join(await realpath(parent), `op-${purpose}-`));
  const path = await make().catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot create a temporary directory in ${parent}`,
      why: cause.message,
      hint: 'set TMPDIR to a directory that this user can write to',
      cause,
    });
  });
  // A second Ctrl-C ends op without disposing of it.
  const onExit = () => rmSync(path, removal);
  process.once('exit', onExit);
  const dispose = async () => {
    await rm(path, removal);
    process.off('exit', onExit);
  };
  return { path, dispose, [Symbol.asyncDispose]: dispose };
}
