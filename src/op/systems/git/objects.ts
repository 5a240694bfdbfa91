import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Git } from './git.js';

/** An entry of a Git tree. */
export interface TreeEntry {
  /** `100644`, `100755`; `120000` is a symbolic link, `160000` a submodule. */
  readonly mode: string;
  readonly id: string;
  readonly size: number;
}

/** The files of a commit, by path. */
export type TreeEntries = ReadonlyMap<string, TreeEntry>;

/** Lists the files of a commit. @param folder only those in it, or the link or file that has its name */
export async function listTree(git: Git, commit: string, folder?: string): Promise<TreeEntries> {
  const only = folder === undefined ? [] : ['--', folder];
  const args = ['ls-tree', '-r', '-z', '--long', '--full-tree', commit, ...only];
  const listed = await git.must('list the files', args);
  const entries = new Map<string, TreeEntry>();
  for (const line of listed.split('\0')) {
    const [, mode, id, size, path] = /^(\d+) \w+ ([0-9a-f]+) +(-|\d+)\t(.*)$/su.exec(line) ?? [];
    if (mode !== undefined && id !== undefined && path !== undefined)
      entries.set(path, { mode, id, size: Number(size) });
  }
  return entries;
}

/** What is at a path: a file, or the link or submodule that the path is or leads through; undefined when there is nothing. */
export type AtPath =
  | { readonly is: 'file'; readonly entry: TreeEntry }
  | { readonly is: 'symbolic link' | 'submodule' | 'file instead of a folder'; readonly way: string }
  | undefined;

/** Follows a path through the files of a commit. */
export function lookUp(entries: TreeEntries, path: string): AtPath {
  const parts = path.split('/');
  for (const [at] of parts.entries()) {
    const way = parts.slice(0, at + 1).join('/');
    const entry = entries.get(way);
    if (entry === undefined) continue;
    if (entry.mode === '120000') return { is: 'symbolic link', way };
    if (entry.mode === '160000') return { is: 'submodule', way };
    return way === path ? { is: 'file', entry } : { is: 'file instead of a folder', way };
  }
  return undefined;
}

/** Bytes of files that are read by one call of git. */
const atOnce = 8_000_000;

/** Reads the exact texts of files, by id; those that are not UTF-8 are left out. */
export async function readTexts(git: Git, files: Iterable<TreeEntry>): Promise<ReadonlyMap<string, string>> {
  const sizes = new Map([...files].map(({ id, size }) => [id, size]));
  const texts = new Map<string, string>();
  for (const ids of groups(sizes)) {
    // git answers a name that is no object with a line. It tells where a file ends, and keeps the line break at the end of the last one.
    const end = `end-${randomBytes(16).toString('hex')}`;
    const input = ids.map((id) => `${id}\n${end}\n`).join('');
    const said = await git.must('read files', ['cat-file', '--batch'], { input });
    for (const part of said.split(new RegExp(`\n${end} missing\n?`, 'u'))) {
      const header = part.indexOf('\n') + 1;
      const [id = ''] = part.slice(0, header).split(' ');
      const text = part.slice(header);
      if (header > 0 && idOf(text, id.length) === id) texts.set(id, text);
    }
  }
  return texts;
}

function groups(sizes: ReadonlyMap<string, number>): readonly (readonly string[])[] {
  const all: string[][] = [];
  let room = 0;
  for (const [id, size] of sizes) {
    if (size > room || all.length === 0) {
      all.push([]);
      room = atOnce;
    }
    all.at(-1)?.push(id);
    room -= size;
  }
  return all;
}

/** The id of a file with this text. Source: gitformat-pack and "Git Internals - Git Objects". @param digits 40, or 64 with SHA-256 */
export const idOf = (text: string, digits: number): string =>
  createHash(digits === 64 ? 'sha256' : 'sha1')
    .update(`blob ${Buffer.byteLength(text)}\0`)
    .update(text)
    .digest('hex');

/** What becomes of a file: its mode and text, or undefined to remove it. */
export type FileChange = { readonly mode: string; readonly text: string } | undefined;

/**
 * Writes the tree of a commit with some files changed.
 * @param directory where the index is written: that of git
 * @param base undefined for an empty tree
 * @returns its id
 */
export async function writeTree(
  git: Git,
  directory: string,
  base: string | undefined,
  changes: ReadonlyMap<string, FileChange>,
): Promise<string> {
  const env = { GIT_INDEX_FILE: join(directory, 'octopipeline-index') };
  await git.must('read the tree', ['read-tree', ...(base === undefined ? ['--empty'] : [base])], { env });
  let changed = '';
  for (const [path, change] of changes) {
    if (change === undefined) changed += `0 ${'0'.repeat(base?.length ?? 40)}\t${path}\0`;
    else {
      const id = await git.must('write a file', ['hash-object', '-w', '--stdin'], { input: change.text });
      changed += `${change.mode} ${id}\t${path}\0`;
    }
  }
  await git.must('change the tree', ['update-index', '-z', '--index-info'], { env, input: changed });
  return git.must('write the tree', ['write-tree'], { env });
}

/** Author and message of a commit. */
export interface CommitMessage {
  readonly author: { readonly name: string; readonly email: string };
  readonly text: string;
}

/** Writes a commit. @param base its parent; undefined for the first commit of a branch @returns its id */
export function writeCommit(
  git: Git,
  tree: string,
  base: string | undefined,
  { author, text }: CommitMessage,
): Promise<string> {
  const env = {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
  };
  const parent = base === undefined ? [] : ['-p', base];
  return git.must('create the commit', ['commit-tree', tree, ...parent, '-F', '-'], { env, input: `${text}\n` });
}
