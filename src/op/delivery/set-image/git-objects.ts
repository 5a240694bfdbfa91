import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Git } from '../../systems/git/git.js';
import { nearest } from './yaml/nearest.js';

/** An entry of a Git tree. */
export interface TreeEntry {
  /** `100644`, `100755`; `120000` is a symbolic link, `160000` a submodule. */
  readonly mode: string;
  readonly id: string;
  readonly size: number;
}

/** Bytes; more than any manifest has. A parsed file needs many times as much memory. */
const largest = 1_000_000;

/** Lists all files of a commit, by path. */
export async function listTree(git: Git, commit: string): Promise<ReadonlyMap<string, TreeEntry>> {
  const listed = await git.must('list the files', ['ls-tree', '-r', '-z', '--long', '--full-tree', commit]);
  const entries = new Map<string, TreeEntry>();
  for (const line of listed.split('\0')) {
    const [, mode, id, size, path] = /^(\d+) \w+ ([0-9a-f]+) +(-|\d+)\t(.*)$/su.exec(line) ?? [];
    if (mode !== undefined && id !== undefined && path !== undefined)
      entries.set(path, { mode, id, size: Number(size) });
  }
  return entries;
}

/**
 * Reads the exact text of a file.
 * @throws OpError (input) when it does not exist or is not text, (refused) when its path leads through a symbolic link or a submodule
 */
export async function readText(git: Git, entries: ReadonlyMap<string, TreeEntry>, path: string): Promise<string> {
  const { id, size } = findFile(entries, path);
  const unreadable = (why: string) =>
    inputError({
      what: `op cannot change ${oneLine(path)}`,
      why,
      hint: 'name a YAML file in UTF-8',
    });
  if (size > largest) throw unreadable(`it has ${size} bytes; the maximum is ${largest}`);
  // The second line makes git print an error at the end, so that a line break at the end of the file is not stripped.
  const said = await git.must('read a file', ['cat-file', '--batch'], { input: `${id}\noctopipeline-end\n` });
  const header = said.indexOf('\n') + 1;
  const text = said.slice(header, said.lastIndexOf('\noctopipeline-end '));
  if (hashOf(text, id.length) !== id) throw unreadable('it is not UTF-8 text');
  return text;
}

function findFile(entries: ReadonlyMap<string, TreeEntry>, path: string): TreeEntry {
  const parts = path.split('/');
  for (const [at] of parts.entries()) {
    const way = parts.slice(0, at + 1).join('/');
    const entry = entries.get(way);
    if (entry?.mode.startsWith('100') && way === path) return entry;
    const link = entry?.mode === '120000' ? 'symbolic link' : entry?.mode === '160000' ? 'submodule' : undefined;
    if (link !== undefined) {
      throw refusedError({
        what: `op does not change ${oneLine(path)}`,
        why: `${oneLine(way)} is a ${link}, which can lead out of the repository`,
        hint: 'name the file itself',
      });
    }
  }
  const names = [...entries].flatMap(([name, { mode }]) => (mode.startsWith('100') ? [name] : []));
  const alike = names.filter((name) => /\.(?:ya?ml|json)$/u.test(name) || name.endsWith('ustomization'));
  throw inputError({
    what: `the repository has no file ${oneLine(path)}`,
    why: names.some((name) => name.startsWith(`${path}/`)) ? 'it is a folder' : 'the branch does not have it',
    hint: alike.length === 0 ? 'add the file first' : `name an existing file: ${nearest(path, alike.slice(0, 5000))}`,
  });
}

/** The object id of a file. Source: gitformat-pack and "Git Internals - Git Objects". */
const hashOf = (text: string, length: number) =>
  createHash(length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${Buffer.byteLength(text)}\0`)
    .update(text)
    .digest('hex');

/** Writes the tree of a commit with some files changed; files keep their mode. @returns its id */
export async function writeTree(
  git: Git,
  directory: string,
  base: { readonly id: string; readonly entries: ReadonlyMap<string, TreeEntry> },
  contents: ReadonlyMap<string, string>,
): Promise<string> {
  const env = { GIT_INDEX_FILE: join(directory, 'octopipeline-index') };
  await git.must('read the tree', ['read-tree', base.id], { env });
  let changed = '';
  for (const [path, text] of contents) {
    const id = await git.must('write a file', ['hash-object', '-w', '--stdin'], { input: text });
    changed += `${findFile(base.entries, path).mode} ${id}\t${path}\0`;
  }
  await git.must('change the tree', ['update-index', '-z', '--index-info'], { env, input: changed });
  return git.must('write the tree', ['write-tree'], { env });
}
