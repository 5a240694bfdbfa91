import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileOf, fileTextOf } from '../documents/file.js';
import { makeFolder, walkTo } from './folders.js';
import { newFolder, type Revision, readNewest, revisionsFolder } from './revisions.js';

/** More than enough for a document that others keep changing; each of them brings its file up to date, too. */
const attempts = 20;

/**
 * Brings the file of a document, which is for people and for kubectl, up to its newest revision: also one that was left behind by a writer
 * that was killed in between, or edited by hand.
 * @returns the newest revision
 */
export async function updateCopy(root: string, path: string): Promise<Revision | undefined> {
  const file = join(root, fileOf(path));
  let newest = await readNewest(root, path);
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      // Nothing was written, so nothing newer can have been written over.
      if (!(await write(root, path, file, newest))) break;
      const again = await readNewest(root, path);
      if (again?.id === newest?.id) break;
      // Another writer came in between, and its copy may have come before ours.
      newest = again;
    }
  } catch (error) {
    // A store that may only be read has nobody who needs the copies now.
    if (!(error instanceof Error && 'code' in error && ['EROFS', 'EACCES', 'EPERM'].includes(`${error.code}`)))
      throw error;
  }
  return newest;
}

/** @returns whether the file was not right before */
async function write(root: string, path: string, file: string, newest: Revision | undefined): Promise<boolean> {
  const folders = path.split('/').slice(0, -1);
  const folder = await walkTo(root, folders);
  const found = folder === undefined ? undefined : await readFile(file, 'utf8').catch(() => undefined);
  if (newest?.text === undefined) {
    // What was never a document is not ours.
    if (newest === undefined || found === undefined) return false;
    await rm(file, { force: true });
    return true;
  }
  const text = fileTextOf(path, newest.text);
  if (found === text) return false;
  await makeFolder(root, folders);
  const written = join(await makeFolder(root, [revisionsFolder, newFolder]), randomBytes(12).toString('hex'));
  try {
    await writeFile(written, text, { flag: 'wx', flush: true });
    await rename(written, join(dirname(file), fileOf(path).split('/').at(-1) ?? ''));
    return true;
  } finally {
    await rm(written, { force: true });
  }
}
