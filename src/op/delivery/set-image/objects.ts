import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Git } from '../../systems/git/git.js';
import { nearest } from './yaml/nearest.js';

/** What a tree has at a path. */
export interface Entry {
  /** `100644`, `100755`; `120000` is a symbolic link, `160000` a submodule. */
  readonly mode: string;
  readonly id: string;
  readonly size: number;
}

/** More than any manifest has; what is parsed takes many times as much memory. */
const largest = 1_000_000;

/** All files of a commit, by path. */
export async function listTree(git: Git, commit: string): Promise<ReadonlyMap<string, Entry>> {
  const listed = await git.must('list the files', ['ls-tree', '-r', '-z', '--long', '--full-tree', commit]);
  const entries = new Map<string, Entry>();
  for (const line of listed.split('\0')) {
    const [, mode, id, size, path] = /^(\d+) \w+ ([0-9a-f]+) +(-|\d+)\t(.*)$/su.exec(line) ?? [];
    if (mode !== undefined && id !== undefined && path !== undefined)
      entries.set(path, { mode, id, size: Number(size) });
  }
  return entries;
}

/**
 * The text of a file, exactly.
 * @throws OpError (input) when it is not there or no text, (refused) when a symbolic link or a submodule is on the way
 */
export async function readText(git: Git, entries: ReadonlyMap<string, Entry>, path: string): Promise<string> {
  const { id, size } = findFile(entries, path);
  const unreadable = (why: string) =>
    inputError({
      what: `${oneLine(path)} is no file that op can change`,
      why,
      hint: 'name a YAML file of text in UTF-8',
    });
  if (size > largest) throw unreadable(`it has ${size} bytes, and at most ${largest} make sense`);
  // The second line makes git end with words of its own: a line break at the end of the file is not lost with them.
  const said = await git.must('read a file', ['cat-file', '--batch'], { input: `${id}\noctopipeline-end\n` });
  const header = said.indexOf('\n') + 1;
  const text = said.slice(header, said.lastIndexOf('\noctopipeline-end '));
  if (hashOf(text, id.length) !== id) throw unreadable('it is not text in UTF-8');
  return text;
}

function findFile(entries: ReadonlyMap<string, Entry>, path: string): Entry {
  const parts = path.split('/');
  for (const [at] of parts.entries()) {
    const way = parts.slice(0, at + 1).join('/');
    const entry = entries.get(way);
    if (entry?.mode.startsWith('100') && way === path) return entry;
    const link = entry?.mode === '120000' ? 'symbolic link' : entry?.mode === '160000' ? 'submodule' : undefined;
    if (link !== undefined) {
      throw refusedError({
        what: `${oneLine(path)} is not changed`,
        why: `${oneLine(way)} is a ${link}, and could lead out of the repository`,
        hint: 'name the file itself',
      });
    }
  }
  const names = [...entries].flatMap(([name, { mode }]) => (mode.startsWith('100') ? [name] : []));
  const alike = names.filter((name) => /\.(?:ya?ml|json)$/u.test(name) || name.endsWith('ustomization'));
  throw inputError({
    what: `the repository has no file ${oneLine(path)}`,
    why: names.some((name) => name.startsWith(`${path}/`)) ? 'it is a folder' : 'the branch does not have it',
    hint: alike.length === 0 ? 'add the file first' : `name one that is there: ${nearest(path, alike.slice(0, 5000))}`,
  });
}

/** Git's name for a file. Source: gitformat-pack and "Git Internals - Git Objects". */
const hashOf = (text: string, length: number) =>
  createHash(length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${Buffer.byteLength(text)}\0`)
    .update(text)
    .digest('hex');

/** Writes a tree that is the one of a commit but for some files, and gives its id. A file keeps its mode. */
export async function writeTree(
  git: Git,
  directory: string,
  base: { readonly id: string; readonly entries: ReadonlyMap<string, Entry> },
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
