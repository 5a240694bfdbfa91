import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text as wholeText } from 'node:stream/consumers';
import type { Context } from '../../op/context.js';
import { inputError, usageError } from '../../op/kit/errors/op-error.js';
import { shownPath } from '../../op/kit/files/path.js';
import type { WireRef } from '../../tekton/wire/task.js';
import type { LocalPipeline, LocalProblem } from '../contract.js';
import { type Documents, type LocalRun, readDocuments } from '../documents/read.js';
import type { FindTask } from '../pipeline-run/make-plan.js';

/** Reads Tekton YAML: files, the YAML files of directories, and `-` for stdin. @throws OpError (input) for what cannot be read */
export async function readInput({ cwd }: Context, paths: readonly string[]): Promise<Documents> {
  if (paths.length === 0) {
    throw usageError({
      what: 'op local does not know where the Pipeline is',
      why: 'no file is named',
      hint: 'name a file: op local start FILE, or op local start NAME -f DIR',
    });
  }
  const files: { source: string; text: string }[] = [];
  // A file may be in a directory that is named, too.
  const seen = new Set<string>();
  for (const path of paths) {
    for (const file of path === '-' ? ['-'] : await filesOf(resolve(cwd, path))) {
      if (seen.has(file)) continue;
      seen.add(file);
      const text = file === '-' ? await wholeText(process.stdin) : await readFile(file, 'utf8');
      files.push({ source: file === '-' ? 'stdin' : shownPath(cwd, file), text });
    }
  }
  return readDocuments(files);
}

/** The names of the files that paths stand for, as documents have them in `source`. */
export async function sourcesOf({ cwd }: Context, paths: readonly string[]): Promise<ReadonlySet<string>> {
  const sources = new Set<string>();
  for (const path of paths) {
    if (path === '-') sources.add('stdin');
    else for (const file of await filesOf(resolve(cwd, path))) sources.add(shownPath(cwd, file));
  }
  return sources;
}

async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw inputError({
      what: `cannot read ${path}`,
      why: cause instanceof Error ? cause.message : String(cause),
      hint: 'name a YAML file, or a directory with YAML files',
      cause,
    });
  });
  if (!found.isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => /\.(?:ya?ml|json)$/u.test(name))
    .toSorted()
    .map((name) => join(path, name));
}

/** The name that a reference has, also with the `cluster` and `hub` resolvers, which look where `-f` points. */
function nameOf({ name, resolver, params = [] }: WireRef): { readonly name: string } | Omit<LocalProblem, 'path'> {
  if (resolver === undefined) return { name: name ?? '' };
  const value = params.find((param) => param.name === 'name')?.value;
  if ((resolver === 'cluster' || resolver === 'hub') && typeof value === 'string') return { name: value };
  return {
    what: `the resolver ${resolver} is not supported on this machine`,
    hint: 'fetch what it names, refer to it by name, and give its file with -f',
  };
}

/** What is wrong with an object that was read, in one sentence; undefined if nothing is known of it. */
function problemOf({ problems }: Documents, kind: string, name: string): Omit<LocalProblem, 'path'> | undefined {
  const own = problems.filter(({ path }) => path === `${kind}/${name}` || path.startsWith(`${kind}/${name} `));
  const [first] = own;
  if (first === undefined) return undefined;
  return { what: own.map(({ path, what, at = '' }) => `${path}: ${what} (${at})`).join('; '), hint: first.hint };
}

/** Finds Tasks among what was read. */
export const taskFinder =
  (documents: Documents): FindTask =>
  (ref) => {
    const named = nameOf(ref);
    if (!('name' in named)) return named;
    const { name } = named;
    const known = documents.tasks.map((task) => task.name).join(', ');
    return (
      documents.tasks.find((task) => task.name === name) ??
      problemOf(documents, 'Task', name) ?? {
        what: `there is no Task ${name}`,
        hint: `say where it is with -f FILE or -f DIR${known === '' ? '' : `; the Tasks that were read are ${known}`}`,
      }
    );
  };

/** The Pipeline of a PipelineRun. @throws OpError (input) when it is not there */
export function pipelineOf(
  { metadata, spec, source }: Extract<LocalRun, { kind: 'PipelineRun' }>,
  documents: Documents,
): LocalPipeline {
  const name = metadata.name ?? metadata.generateName ?? '';
  const { pipelineSpec, pipelineRef = {} } = spec;
  if (pipelineSpec !== undefined) return { name, spec: pipelineSpec, source };
  const named = nameOf(pipelineRef);
  const found = 'name' in named ? documents.pipelines.find((one) => one.name === named.name) : undefined;
  if (found !== undefined) return found;
  const problem = 'name' in named ? problemOf(documents, 'Pipeline', named.name) : named;
  throw inputError({
    what: `${source}: the Pipeline of PipelineRun ${name} cannot be used`,
    why: problem?.what ?? `there is no Pipeline ${'name' in named ? named.name : ''}`,
    hint: problem?.hint || 'say where it is with -f FILE or -f DIR',
  });
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
    why: found.map(({ path, what, at }) => `${path}: ${what}${at === undefined ? '' : ` (${at})`}`).join('\n'),
    hint: first.hint,
  });
}
