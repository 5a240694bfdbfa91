import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toolError } from '../../kit/errors/op-error.js';
import { syncFolder } from '../../kit/files/sync-folder.js';
import { largestBody } from '../documents/body.js';
import { makeFolder, walkTo } from './folders.js';

/** One revision of a document: a file that is written once, whole. */
export interface Revision {
  readonly number: number;
  /** Undefined: the document was removed. */
  readonly text: string | undefined;
  /** Names this revision, also in a directory that was deleted and made again. */
  readonly id: string;
}

/** Below the directory: each document has a folder there, and in it a file `@NUMBER` for each revision. */
export const revisionsFolder = '.octopipeline';
/** Files that are being written. No part of a path starts with a dot. */
export const newFolder = '.new';

/** Old revisions stay for as long as another writer may still be between reading a document and changing it. */
const keptFor = 10 * 60_000;
const longestWrite = 5 * 60_000;
/** So that a folder whose list is read while it changes always shows a revision. */
const keptAtLeast = 3;

const namePattern = /^@([1-9]\d{0,14})$/u;
/** The numbers of the revisions among the names of a folder, the newest first. */
export const numbersIn = (names: readonly string[]): readonly number[] =>
  names.flatMap((name) => namePattern.exec(name)?.slice(1).map(Number) ?? []).toSorted((a, b) => b - a);

/** What names a revision. */
export const idOf = (number: number, content: string): string =>
  `${number}-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;

/** The newest revision; undefined when there was never one. */
export async function readNewest(root: string, path: string): Promise<Revision | undefined> {
  const folder = await walkTo(root, [revisionsFolder, ...path.split('/')]);
  if (folder === undefined) return undefined;
  for (;;) {
    const [number] = numbersIn(await readdir(folder));
    if (number === undefined) return undefined;
    const content = await readWhole(join(folder, `@${number}`));
    // It was deleted in between, so there are newer ones.
    if (content === undefined) continue;
    return { number, text: content === '' ? undefined : content, id: idOf(number, content) };
  }
}

async function readWhole(file: string): Promise<string | undefined> {
  // Not through a symbolic link, and not waiting for the writer of a pipe.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const found = await handle.stat();
    if (found.isFile() && found.size <= largestBody) return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
  throw new Error(`${file} is not a file that op wrote`);
}

/**
 * Makes `text` the revision after the one that was read. Only one writer can create the file of a number, so no lock is needed, and a
 * writer that is killed leaves nothing that others must wait for.
 * @param began when the document was read, by `Date.now()`
 * @returns false when another writer came first
 */
export async function addRevision(
  root: string,
  path: string,
  { after, began, text }: { readonly after: number; readonly began: number; readonly text: string | undefined },
): Promise<boolean> {
  const base = await makeFolder(root, [revisionsFolder, newFolder]);
  const folder = await makeFolder(root, [revisionsFolder, ...path.split('/')]);
  const written = join(base, randomBytes(12).toString('hex'));
  const target = join(folder, `@${after + 1}`);
  try {
    const handle = await open(written, 'wx', 0o644);
    try {
      await handle.writeFile(text ?? '');
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await linkOnce(written, target))) return false;
    await syncFolder(folder);
    if (Date.now() - began > longestWrite) throw stopped(path);
    await prune(folder, after + 1, (await stat(written)).ctimeMs);
    return true;
  } finally {
    await rm(written, { force: true });
  }
}

/** Over NFS, a link can succeed and its answer be lost: then the repeated request says that the file exists. It is ours when it is the same file. */
async function linkOnce(written: string, target: string): Promise<boolean> {
  try {
    await link(written, target);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const [own, found] = [
      await stat(written, { bigint: true }),
      await lstat(target, { bigint: true }).catch(() => undefined),
    ];
    return found !== undefined && own.ino === found.ino && own.dev === found.dev;
  }
}

/** By the clock of the file system: a link sets the time of change. */
async function prune(folder: string, newest: number, now: number): Promise<void> {
  const old = numbersIn(await readdir(folder)).filter((number) => number <= newest - keptAtLeast);
  for (const number of old) {
    const file = join(folder, `@${number}`);
    const found = await lstat(file).catch(() => undefined);
    if (found !== undefined && now - found.ctimeMs > keptFor) await rm(file, { force: true });
  }
}

const stopped = (path: string) =>
  toolError({
    what: `cannot tell whether document ${path} was written`,
    why: `op was stopped for more than ${longestWrite / 60_000} minutes while it wrote, and others may have changed the document since`,
    hint: 'look at the document, and run the command again',
  });

/** Deletes what writers left that were killed. */
export async function sweep(root: string): Promise<void> {
  const folder = await walkTo(root, [revisionsFolder, newFolder]);
  if (folder === undefined) return;
  for (const name of await readdir(folder)) {
    const found = await lstat(join(folder, name)).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > 24 * 3_600_000)
      await rm(join(folder, name), { force: true });
  }
}
