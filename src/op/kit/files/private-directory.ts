import { rmSync } from 'node:fs';
import { lstat, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../errors/op-error.js';
import { namespaceName, ownerName, startTime } from '../process/owner.js';

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
  const make = async () => {
    const directory = await realpath(parent);
    const owner = await ownerName(process.pid);
    if (owner !== undefined) await sweepOnce(directory);
    return mkdtemp(join(directory, `op-${purpose}-${owner === undefined ? '' : `${owner}-`}`));
  };
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

/** An op that was killed with SIGKILL cannot remove its directories, so the next one does. */
const swept = new Map<string, Promise<void>>();

function sweepOnce(parent: string): Promise<void> {
  const sweeping = swept.get(parent) ?? removeLeftBehind(parent);
  swept.set(parent, sweeping);
  return sweeping;
}

/** The name of a private directory: the machine and PID namespace of its process, its PID, and when it started. */
const withOwner = /^op-.+-([0-9a-f]{12})-([0-9]+)-([0-9]+)-[A-Za-z0-9]{6}$/u;

/**
 * Removes private directories of processes that have ended. Those of other machines and other PID namespaces, such as another container
 * with the same temporary directory, stay: nothing tells whether their processes are running.
 */
export async function removeLeftBehind(parent: string): Promise<void> {
  const here = await namespaceName();
  for (const name of await readdir(parent).catch(() => [])) {
    const [, namespace, pid = '', start] = withOwner.exec(name) ?? [];
    if (namespace === undefined || namespace !== here) continue;
    if ((await startTime(pid)) === start || !(await isOwn(join(parent, name)))) continue;
    await rm(join(parent, name), removal).catch(() => undefined);
  }
}

/** Whether it is as mkdtemp makes it: a directory of this user that no other can enter. */
async function isOwn(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o777) === 0o700;
}
