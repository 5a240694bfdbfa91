import type { Stats } from 'node:fs';
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type OpError, refusedError } from '../../kit/errors/op-error.js';
import { repositoryAbove } from './embedded.js';

/** Where git reads files of a repository before it looks at objects; true for those with folders in them. */
const folders = { '.': false, info: false, refs: true, 'objects/info': false, 'objects/pack': false } as const;

/** What git reads in a work tree. */
const inWorkTree = ['.gitignore', '.gitattributes', '.gitmodules'];

/**
 * Refuses a repository with a pipe or a device where git reads a file: git would wait for ever for its content. Those in deeper folders
 * of the work tree are not looked for.
 * @throws OpError (refused)
 */
export async function refusePipes(directory: string): Promise<void> {
  const top = await realpath(directory)
    .then((real) => repositoryAbove('/', real))
    .catch(() => undefined);
  if (top === undefined) return;
  for (const name of [...inWorkTree, '.git']) await refusePipe(join(top, name));
  const own = await pointedTo(join(top, '.git'), /^gitdir: (.*)$/u, top);
  const git = own ?? join(top, '.git');
  await refusePipe(join(git, 'commondir'));
  const common = await pointedTo(join(git, 'commondir'), /^(.*)$/u, git);
  for (const place of new Set([git, common ?? git])) {
    for (const [folder, recursive] of Object.entries(folders)) {
      const entries = await readdir(join(place, folder), { withFileTypes: true, recursive }).catch(() => []);
      const odd = entries.find(isEndless);
      if (odd !== undefined) throw notRegular(join(odd.parentPath, odd.name));
    }
  }
}

/** The directory that a file of git names. */
async function pointedTo(file: string, form: RegExp, base: string): Promise<string | undefined> {
  if ((await lstat(file).catch(() => undefined))?.isFile() !== true) return undefined;
  const [, path] = form.exec((await readFile(file, 'utf8')).trimEnd()) ?? [];
  return path === undefined ? undefined : resolve(base, path);
}

/** A socket is none: it cannot be opened. */
const isEndless = (file: Pick<Stats, 'isFIFO' | 'isCharacterDevice'>) => file.isFIFO() || file.isCharacterDevice();

async function refusePipe(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && isEndless(found)) throw notRegular(path);
}

const notRegular = (path: string): OpError =>
  refusedError({
    what: `cannot use the repository with ${path}`,
    why: 'git reads this file, and it is a pipe or a device: git would wait for it',
    hint: 'remove it, or use another clone',
  });
