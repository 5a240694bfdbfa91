import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.js';

/** A directory that only this user can enter, for copies of credentials; `dispose` removes it. */
export interface PrivateDirectory {
  readonly path: string;
  readonly dispose: () => Promise<void>;
}

/** Makes one in the temporary directory (TMPDIR, else the system's). mkdtemp gives it mode 0700. */
export async function makePrivateDirectory(context: Pick<Context, 'env'>, purpose: string): Promise<PrivateDirectory> {
  const path = await mkdtemp(join(context.env.TMPDIR || tmpdir(), `op-${purpose}-`));
  return { path, dispose: () => rm(path, { recursive: true, force: true }) };
}
