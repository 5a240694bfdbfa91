import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';

/** Files that are read at the same time. */
const atOnce = 32;

/** Files up to this many bytes are read at once, longer ones in chunks. */
const small = 1_000_000;

/**
 * A digest of the names, modes and contents of all files below a directory, and of the targets of symbolic links, which are not
 * followed. `.git` of the directory itself is excluded: it changes without the files.
 * @param without a file to exclude
 */
export async function treeDigest(directory: string, without: string | undefined): Promise<string> {
  const paths = (await pathsBelow(directory, '.git')).filter((path) => path !== without).toSorted();
  const entries = valuesOf(
    await mapConcurrently(paths, atOnce, async (path) => [relative(directory, path), ...(await entryAt(path))]),
  );
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}

async function pathsBelow(directory: string, except?: string): Promise<readonly string[]> {
  const entries = (await readdir(directory, { withFileTypes: true })).filter(({ name }) => name !== except);
  const below = entries.map(async (entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? [path, ...(await pathsBelow(path))] : [path];
  });
  return (await Promise.all(below)).flat();
}

/** For a pipe or a socket, only that it exists. */
async function entryAt(path: string): Promise<readonly string[]> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return ['link', await readlink(path)];
  // With the kind of file. BuildKit copies the whole mode, not only what git records of it.
  const mode = found.mode.toString(8);
  return found.isFile() ? [mode, await contentOf(path, found.size)] : [mode];
}

async function contentOf(path: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  if (size <= small) hash.update(await readFile(path));
  else await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
