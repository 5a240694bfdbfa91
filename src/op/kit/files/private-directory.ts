import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../errors/op-error.js';

/** A directory that only this user can enter, for copies of credentials; it is removed at the end of its `await using`. */
export interface PrivateDirectory extends AsyncDisposable {
  readonly path: string;
  readonly dispose: () => Promise<void>;
}

const removal = { recursive: true, force: true } as const;

/**
 * Makes one in the temporary directory (TMPDIR, else the system's). mkdtemp gives it mode 0700. Its path goes through no symbolic link,
 * as those of temporary directories do on macOS: who looks at what strangers wrote there takes links for theirs.
 * @throws OpError (input) when that cannot be written
 */
export async function makePrivateDirectory(context: Pick<Context, 'env'>, purpose: string): Promise<PrivateDirectory> {
  const parent = context.env.TMPDIR || tmpdir();
  const make = async () => mkdtemp(join(await realpath(parent), `op-${purpose}-`));
  const path = await make().catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot make a temporary directory in ${parent}`,
      why: cause.message,
      hint: 'set TMPDIR to a directory that this user can write to',
      cause,
    });
  });
  // A second Ctrl-C ends op without `dispose`.
  const onExit = () => rmSync(path, removal);
  process.once('exit', onExit);
  const dispose = async () => {
    await rm(path, removal);
    process.off('exit', onExit);
  };
  return { path, dispose, [Symbol.asyncDispose]: dispose };
}
