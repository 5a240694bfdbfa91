import { constants } from 'node:fs';
import { lstat, open, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { WireResult, WireValue } from '../../tekton/wire/task.js';
import type { StepState } from '../contract.js';

type Result = NonNullable<StepState['results']>[number];

/** An entry of a termination message. Source: pkg/result/result.go. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** 1: result of the Task; 3: of Tekton itself; 4: of the step. */
  readonly type: 1 | 3 | 4;
}

/** What a container may say at its end. Source: pkg/termination/write.go. */
const limit = 4096;

/** What all containers of a pod may say together; each gets its part. Source: Kubernetes, pkg/kubelet/status. */
const podLimit = 12 * 1024;

export const tooLong = 'Termination message is above max allowed size 4096, caused by large task result.';

/** The termination message of a step: what does not fit is not written, and the step fails. */
export class TerminationMessage {
  #entries: readonly Entry[] = [];

  /** @returns false if there is no room for them */
  add(entries: readonly Entry[]): boolean {
    const all = [...this.#entries, ...entries];
    if (Buffer.byteLength(goJson(all)) > limit) return false;
    this.#entries = all;
    return true;
  }

  /**
   * What the controller reads, by key: nothing if Kubernetes had to cut the message, which is no JSON then.
   * Source: ParseMessage, pkg/termination/parse.go.
   */
  read(containers: number): readonly Entry[] {
    const size = Buffer.byteLength(goJson(this.#entries));
    if (size > Math.floor(podLimit / containers)) return [];
    const last = new Map(this.#entries.map((entry) => [entry.key, entry]));
    return [...last.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }
}

/** JSON as Go writes it. */
export const goJson = (entries: readonly Entry[]): string =>
  JSON.stringify(entries.map(({ key, value, type }) => ({ key, value, type }))).replace(
    /[<>&\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Reads those of the named results that were written. */
export async function readResults(directory: string, names: readonly string[], type: 1 | 4): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const key of names) {
    const value = await readResult(join(directory, key));
    if (value !== undefined) entries.push({ key, value, type });
  }
  return entries;
}

/**
 * The text of a file, or as much of it as shows that no message can hold it. A step may leave anything: a pipe would block the reader,
 * and a symbolic link, also in place of the directory, means another file out here.
 */
export async function readResult(path: string): Promise<string | undefined> {
  const directory = dirname(path);
  if (!(await lstat(directory).catch(() => undefined))?.isDirectory()) return undefined;
  if (!(await lstat(path).catch(() => undefined))?.isFile()) return undefined;
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  // What still runs, such as a sidecar, may have changed the directory meanwhile.
  const opened = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined);
  const expected = join(await realpath(dirname(directory)), basename(directory), basename(path));
  if (opened !== undefined && opened !== expected) return undefined;
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(2 * limit) });
  return buffer.toString('utf8', 0, bytesRead);
}

/** The value of a result. Source: UnmarshalJSON of ParamValue, pkg/apis/pipeline/v1/param_types.go. */
export function parseValue(text: string): WireValue {
  const parsed = parseJson(text);
  if (text.startsWith('[') && Array.isArray(parsed) && parsed.every((item) => typeof item === 'string')) return parsed;
  if (text.startsWith('{') && isTextObject(parsed)) return parsed;
  return typeof parsed === 'string' ? parsed : text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTextObject(value: unknown): value is { readonly [key: string]: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((item) => typeof item === 'string');
}

const typeOf = (value: WireValue) =>
  typeof value === 'string' ? 'string' : Array.isArray(value) ? 'array' : ('object' as const);

/** The entries of one kind as results: a string stays as it was written, all else is JSON. */
export function resultsOf(entries: readonly Entry[], type: 1 | 4, declared: readonly WireResult[]): Result[] {
  const types = new Map(declared.map((result) => [result.name, result.type ?? 'string']));
  return entries
    .filter((entry) => entry.type === type)
    .map(({ key: name, value: text }) => {
      const value = types.get(name) === 'string' ? text : parseValue(text);
      return { name, type: typeOf(value), value };
    });
}

/** Results of the Task that come from steps: `value: $(steps.x.results.y)`. */
export function fromStep(container: string, results: readonly Result[], declared: readonly WireResult[]): Result[] {
  return declared.flatMap(({ name, value }) => {
    const [, step, result] = /^\$\(steps\.([^.]+)\.results\.([^)[]+)(?:\[[0-9*]*\])?\)$/u.exec(value ?? '') ?? [];
    if (step === undefined || `step-${step}` !== container) return [];
    return results.filter((one) => one.name === result).map((one) => ({ ...one, name }));
  });
}

/** Each name once, where it was first, with its last value. */
export function withoutDuplicates(results: readonly Result[]): Result[] {
  return [...new Map(results.map((result) => [result.name, result])).values()];
}

/** Compares results with their declarations. Source: validateTaskRunResults, pkg/reconciler/taskrun/validate_taskrun.go. */
export function checkResults(
  results: readonly Result[],
  declared: readonly WireResult[],
): { readonly results: readonly Result[]; readonly problem?: string } {
  const types = new Map(declared.map((result) => [result.name, result.type ?? 'string']));
  const wrong = results.filter(({ name, type }) => types.has(name) && types.get(name) !== type);
  const right = results.filter((result) => !wrong.includes(result));
  if (wrong.length > 0) {
    const list = wrong
      .map(
        ({ name, type }) =>
          ` "${name}": task result is expected to be "${types.get(name)}" type but was initialized to a different type "${type}"`,
      )
      .toSorted()
      .join(',');
    return {
      results: right,
      problem: `[User error] Provided results don't match declared results; may be invalid JSON or missing result declaration: ${list}`,
    };
  }
  const missing = declared.flatMap(({ name, type, properties }) => {
    const result = results.find((one) => one.name === name);
    const value = result?.value;
    if (type !== 'object' || typeof value !== 'object') return [];
    const keys = Object.keys(properties ?? {}).filter((key) => !Object.hasOwn(value, key));
    return keys.length === 0 ? [] : [`${name}:[${keys.toSorted().join(' ')}]`];
  });
  if (missing.length === 0) return { results };
  const list = `map[${missing.toSorted().join(' ')}]`;
  return {
    results,
    problem: `[User error] missing keys for these results which are required in TaskResult's properties ${list}`,
  };
}
