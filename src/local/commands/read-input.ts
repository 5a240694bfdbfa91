import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { text as wholeText } from 'node:stream/consumers';
import type { Context } from '../../op/context.js';
import { inputError, usageError } from '../../op/kit/errors/op-error.js';
import { shownPath } from '../../op/kit/files/path.js';
import type { LocalProblem } from '../contract.js';
import { type DocumentFile, type Documents, readDocuments } from '../documents/read.js';
import { type Filler, tektonFiles, tektonFolder } from '../pipelines-as-code/templates.js';

/**
 * Reads Tekton YAML: files, the YAML files of directories, and `-` for stdin. Templates of Pipelines-as-Code are filled; beside a file in
 * `.tekton` the other files of that folder are read, too.
 * @throws OpError (input) for what cannot be read
 */
export async function readInput({ cwd }: Context, paths: readonly string[], filler: Filler): Promise<Documents> {
  if (paths.length === 0) {
    throw usageError({
      what: 'op local does not know where the Pipeline is',
      why: 'no file is named',
      hint: 'name a file: op local start FILE, or op local start NAME -f DIR',
    });
  }
  const named = await listOf(cwd, paths);
  const folders = new Set(named.flatMap((file) => (file === '-' ? [] : (tektonFolder(dirname(file)) ?? []))));
  const beside = (await Promise.all([...folders].map(tektonFiles))).flat().filter((file) => !named.includes(file));
  const asked = new Set(paths.map((path) => (path === '-' ? path : resolve(cwd, path))));
  const files = await Promise.all(
    [...named, ...beside].map(async (file) => {
      const text = file === '-' ? await wholeText(process.stdin) : await textOf(file, asked.has(file));
      return filler.fill({ source: sourceOf(cwd, file), text }, file === '-' ? cwd : dirname(file));
    }),
  );
  const documents = readDocuments(files);
  // A `.tekton` may have files that are no Kubernetes objects; nobody has asked for these.
  const found = [...named, ...beside].filter((file) => file !== '-' && tektonFolder(file) !== undefined);
  const others = new Set(found.filter((file) => !asked.has(file)).map((file) => sourceOf(cwd, file)));
  const skipped = documents.problems.filter(({ path }) => others.has(path));
  const problems = documents.problems.filter((problem) => !skipped.includes(problem));
  return { ...documents, problems, notes: [...documents.notes, ...skipped] };
}

/** The texts of files, and of the YAML files of directories. @throws OpError (input) for what cannot be read */
export async function readTexts(cwd: string, paths: readonly string[]): Promise<readonly DocumentFile[]> {
  const asked = new Set(paths.map((path) => (path === '-' ? path : resolve(cwd, path))));
  const files = await listOf(cwd, paths);
  return Promise.all(
    files.map(async (file) => ({ source: sourceOf(cwd, file), text: await textOf(file, asked.has(file)) })),
  );
}

/** The names of the files that paths stand for, as documents have them in `source`. */
export async function sourcesOf({ cwd }: Context, paths: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set((await listOf(cwd, paths)).map((file) => sourceOf(cwd, file)));
}

const sourceOf = (cwd: string, file: string) => (file === '-' ? 'stdin' : shownPath(cwd, file));

/** Each file once: it may be in a directory that is named, too. */
async function listOf(cwd: string, paths: readonly string[]): Promise<readonly string[]> {
  const files = await Promise.all(paths.map((path) => (path === '-' ? ['-'] : filesOf(resolve(cwd, path)))));
  return [...new Set(files.flat())];
}

/** The text of a file. One that is named may be a pipe, as of a shell; one in a directory could give nothing for ever. */
async function textOf(file: string, isNamed: boolean): Promise<string> {
  if (isNamed || (await statOf(file)).isFile()) return readFile(file, 'utf8');
  throw inputError({
    what: `cannot read ${file}`,
    why: 'it is not a regular file',
    hint: 'remove it, or name the files that are needed',
  });
}

const statOf = (path: string) =>
  stat(path).catch((cause: unknown) => {
    throw inputError({
      what: `cannot read ${path}`,
      why: cause instanceof Error ? cause.message : String(cause),
      hint: 'name a YAML file, or a directory with YAML files',
      cause,
    });
  });

async function filesOf(path: string): Promise<readonly string[]> {
  const found = await statOf(path);
  if (!found.isDirectory()) return [path];
  if (tektonFolder(path) !== undefined) return tektonFiles(path);
  const names = await readdir(path);
  return names
    .filter((name) => /\.(?:ya?ml|json)$/u.test(name))
    .toSorted()
    .map((name) => join(path, name));
}

/** Nothing starts while a file cannot be read, or what is asked for has a problem. @throws OpError (input) */
export function assertReadable({ problems }: Documents, concerns: (problem: LocalProblem) => boolean): void {
  const found = problems.filter(concerns);
  const [first] = found;
  if (first === undefined) return;
  throw inputError({
    what:
      found.length === 1
        ? 'this cannot run on this machine'
        : `this cannot run on this machine, for ${found.length} reasons`,
    why: found
      .map(({ path, what, at, hint }) => {
        // One hint is printed below.
        const how = found.every((other) => other.hint === hint) ? '' : `; ${hint}`;
        return `${path}: ${what}${at === undefined ? '' : ` (${at})`}${how}`;
      })
      .join('\n'),
    hint: first.hint,
  });
}
