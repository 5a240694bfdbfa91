import { randomBytes } from 'node:crypto';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { refusedError } from '../../kit/errors/op-error.js';
import { namespaceName, ownerName, startTime } from '../../kit/process/owner.js';

/** `000002.OWNER.partial`: a segment that is being written, or was when its run was killed; `000002.left-….partial`: a run has left it. */
const partialForm = /^\d{6}\.(?:([0-9a-f]{12})-([0-9]+)-([0-9]+)|left-[0-9a-f]{12})\.partial$/u;

/** The name of the folder of a segment while it is written: whoever finds it can tell whether its run still lives. */
export const partialName = async (name: string): Promise<string> =>
  `${name}.${(await ownerName(process.pid)) ?? left()}.partial`;

const left = () => `left-${randomBytes(6).toString('hex')}`;

/** Leaves a segment that is not whole to the next run. */
export async function leave(folder: string, name: string, directory: string): Promise<void> {
  await rename(directory, join(folder, `${name}.${left()}.partial`)).catch(() => undefined);
}

/**
 * What runs that were stopped have left in the folder of segments: whole blobs that are wanted, by digest. All else of it is removed.
 * @throws OpError (refused) when another run is writing there
 */
export async function takeRemains(folder: string, wanted: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const found: string[] = [];
  for (const name of (await readdir(folder)).filter((name) => partialForm.test(name))) {
    // What is behind a link is not ours.
    if ((await lstat(join(folder, name))).isDirectory()) found.push(name);
    else await rm(join(folder, name));
  }
  const kept = new Map<string, string>();
  for (const name of found) {
    if (await isAlive(name)) throw busy(join(folder, name));
    for (const [digest, path] of await blobsIn(join(folder, name))) if (wanted.has(digest)) kept.set(digest, path);
  }
  for (const name of found) await removeBut(join(folder, name), new Set(kept.values()));
  return kept;
}

/** A process of another machine or container cannot be looked for; the lock of the mirror keeps its runs apart. */
async function isAlive(name: string): Promise<boolean> {
  const [, namespace, pid = '', start] = partialForm.exec(name) ?? [];
  return namespace !== undefined && namespace === (await namespaceName()) && (await startTime(pid)) === start;
}

/** Paths of files that have the name of a blob; whether it is one, its hash tells. */
async function blobsIn(folder: string): Promise<readonly (readonly [string, string])[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) =>
    entry.isFile() && /^[0-9a-f]{64}$/u.test(entry.name)
      ? [[`sha256:${entry.name}`, join(entry.parentPath, entry.name)] as const]
      : [],
  );
}

async function removeBut(folder: string, kept: ReadonlySet<string>): Promise<void> {
  if (![...kept].some((path) => path.startsWith(`${folder}/`))) return rm(folder, { recursive: true, force: true });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (kept.has(path)) continue;
    if ((await lstat(path)).isDirectory()) await removeBut(path, kept);
    else await rm(path, { force: true });
  }
}

const busy = (path: string) =>
  refusedError({
    what: 'another run writes to this disk',
    why: `${path} belongs to a process that is running`,
    hint: 'wait until it has ended',
  });
