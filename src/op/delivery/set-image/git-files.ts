import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Git } from '../../systems/git/git.js';
import { type FileChange, lookUp, readTexts, type TreeEntries, type TreeEntry } from '../../systems/git/objects.js';
import { nearest } from './yaml/nearest.js';

/** Bytes; more than any manifest has. A parsed file needs many times as much memory. */
const largest = 1_000_000;

/**
 * Reads the exact text of a file.
 * @throws OpError (input) when it does not exist or is not text, (refused) when its path leads through a symbolic link or a submodule
 */
export async function readText(git: Git, entries: TreeEntries, path: string): Promise<string> {
  const found = findFile(entries, path);
  const unreadable = (why: string) =>
    inputError({
      what: `op cannot change ${oneLine(path)}`,
      why,
      hint: 'name a YAML file in UTF-8',
    });
  if (found.size > largest) throw unreadable(`it has ${found.size} bytes; the maximum is ${largest}`);
  const text = (await readTexts(git, [found])).get(found.id);
  if (text === undefined) throw unreadable('it is not UTF-8 text');
  return text;
}

/** New texts of files, which keep their mode. @throws OpError (input, refused) as `readText` does */
export const changesOf = (
  entries: TreeEntries,
  contents: ReadonlyMap<string, string>,
): ReadonlyMap<string, FileChange> =>
  new Map([...contents].map(([path, text]) => [path, { mode: findFile(entries, path).mode, text }]));

function findFile(entries: TreeEntries, path: string): TreeEntry {
  const found = lookUp(entries, path);
  if (found?.is === 'file') return found.entry;
  if (found?.is === 'symbolic link' || found?.is === 'submodule') {
    throw refusedError({
      what: `op does not change ${oneLine(path)}`,
      why: `${oneLine(found.way)} is a ${found.is}, which can lead out of the repository`,
      hint: 'name the file itself',
    });
  }
  const names = [...entries].flatMap(([name, { mode }]) => (mode.startsWith('100') ? [name] : []));
  const alike = names.filter((name) => /\.(?:ya?ml|json)$/u.test(name) || name.endsWith('ustomization'));
  throw inputError({
    what: `the repository has no file ${oneLine(path)}`,
    why: names.some((name) => name.startsWith(`${path}/`)) ? 'it is a folder' : 'the branch does not have it',
    hint: alike.length === 0 ? 'add the file first' : `name an existing file: ${nearest(path, alike.slice(0, 5000))}`,
  });
}
