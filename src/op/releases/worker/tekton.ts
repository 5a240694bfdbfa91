import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import type { ItemFunction } from '../author/item-context.js';
import type { RunWorkspace } from '../author/tekton.js';
import type { Plan, PlanRun } from '../documents/shapes.js';
import { digestOf } from '../documents/signature.js';

/** A value of a param or a result, as Tekton has them. */
export type TektonValue = string | readonly string[] | Readonly<Record<string, string>>;

/** A run of a Task or a Pipeline. */
export interface TektonStart {
  readonly kind: 'Task' | 'Pipeline';
  readonly name: string;
  /** YAML with it and what it refers to; else it is in the files. */
  readonly documents: string | undefined;
  /** Absolute paths, as those of directories of the workspaces. */
  readonly files: readonly string[];
  readonly params: Readonly<Record<string, TektonValue>>;
  readonly workspaces: Readonly<Record<string, RunWorkspace>>;
  readonly timeout: string | undefined;
  /** What relative paths are relative to: the root of the checkout. */
  readonly directory: string;
}

/** Runs a Task or a Pipeline to its end. @returns its results @throws OpError when it did not succeed */
export type RunTekton = (context: Context, start: TektonStart) => Promise<Readonly<Record<string, TektonValue>>>;

/** A run of the plan as a function, which op calls like others: exactly what was planned, whatever is installed now. */
export function tektonFunction(
  context: Context,
  runTekton: RunTekton,
  { documents = {} }: Pick<Plan, 'documents'>,
  { kind, name, digest, files, params, workspaces, timeout, results }: PlanRun,
): ItemFunction {
  return async ({ inputs, directory }) => {
    const text = digest === undefined ? undefined : documents[digest];
    if (digest !== undefined && (text === undefined || digestOf(text) !== digest)) {
      throw refusedError({
        what: `the plan does not have the ${kind} ${name} any more`,
        why: 'its YAML is missing, or is not that of its digest',
        hint: 'make another release: op release new FILE --force',
      });
    }
    const inside = (path: string) => insideOf(directory, path);
    const bound: [string, RunWorkspace][] = [];
    for (const [workspace, what] of Object.entries(workspaces)) {
      bound.push([workspace, 'directory' in what ? { directory: await inside(what.directory) } : what]);
    }
    const given = await runTekton(context, {
      kind,
      name,
      documents: text,
      files: await Promise.all(files.map((file) => filesOf(directory, file))),
      params: Object.fromEntries(
        Object.entries(params).map(([param, input]) => [param, paramOf(param, inputs[input])] as const),
      ),
      workspaces: Object.fromEntries(bound),
      timeout,
      directory,
    });
    return results === undefined
      ? given
      : Object.fromEntries(results.map((result) => [result, resultOf(given, result)]));
  };
}

/** A result that becomes an output. @throws OpError (refused) when there is none */
export function resultOf(given: Readonly<Record<string, TektonValue>>, result: string): TektonValue {
  const value = given[result];
  if (value !== undefined) return value;
  const names = Object.keys(given);
  throw refusedError({
    what: `the run has no result ${result}`,
    why: names.length === 0 ? 'it has no results' : `its results are ${names.join(', ')}`,
    hint: 'correct `results` in the file of the release',
  });
}

/** The value of a param. @throws OpError (refused) for one that no param can have */
export function paramOf(param: string, value: unknown): TektonValue {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isText(value)) return value;
  if (Array.isArray(value) && value.every(isText)) return value;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.every((entry): entry is [string, string] => isText(entry[1]))) return Object.fromEntries(entries);
  }
  throw refusedError({
    what: `the param ${param} cannot be ${JSON.stringify(value)}`,
    why: 'a param is a string, a list of strings, or an object of strings',
    hint: 'give it a value of another type',
  });
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** A file of the repository, or a directory whose YAML files are all in the repository. @throws OpError (refused) */
export async function filesOf(directory: string, path: string): Promise<string> {
  const found = await insideOf(directory, path);
  if (!(await stat(found)).isDirectory()) return found;
  const entries = await readdir(found, { withFileTypes: true });
  const links = entries.filter((entry) => entry.isSymbolicLink() && /\.(?:ya?ml|json)$/u.test(entry.name));
  await Promise.all(links.map(({ name }) => insideOf(directory, join(path, name))));
  return found;
}

/** A path of the repository, which leads to nothing outside of it. @throws OpError (refused) */
async function insideOf(directory: string, path: string): Promise<string> {
  const root = await realpath(directory);
  const found = await realpath(resolve(root, path)).catch(() => undefined);
  const way = found === undefined ? '..' : relative(root, found);
  if (found !== undefined && way !== '..' && !way.startsWith('../')) return found;
  throw refusedError({
    what: `${path} cannot be used by a release`,
    why: found === undefined ? 'its commit has no such file' : 'it is outside of the repository',
    hint: 'name a file or a directory of the repository',
  });
}
