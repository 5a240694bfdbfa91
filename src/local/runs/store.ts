import { randomInt } from 'node:crypto';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { inputError } from '../../op/kit/errors/op-error.js';
import { entryOf } from '../../op/kit/files/path.js';
import type { RunObject, TaskRunObject } from '../pipeline-run/objects.js';
import { executorOf } from './executor.js';
import { filesOf, type Home } from './home.js';

/** A run as it is on disk. */
export interface StoredRun {
  readonly name: string;
  readonly directory: string;
  readonly object: RunObject;
  readonly taskRuns: readonly TaskRunObject[];
  /** The process that executes it. */
  readonly pid: number | undefined;
  /** It has not ended, and no process executes it any more. */
  readonly abandoned: boolean;
}

/** The alphabet of Kubernetes for names that it generates: no vowels, so no words. */
const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** A name as Kubernetes makes it of `generateName`. */
export const generateName = (prefix: string): string =>
  `${prefix.slice(0, 58)}${Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('')}`;

/**
 * Makes the directory of a new run; two runs never share one.
 * @throws OpError (input) when there is a run of this name, or the name is a path
 */
export async function createRun({ runs }: Home, name: string): Promise<string> {
  const directory = entryOf(runs, name);
  await mkdir(runs, { recursive: true, mode: 0o700 });
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    throw inputError({
      what: `there is a run ${name} already`,
      why: `it is kept in ${directory}`,
      hint: `run op local delete ${name} first, or use generateName or --prefix-name`,
    });
  }
  return directory;
}

const read = async <Shape>(file: string): Promise<Shape | undefined> => {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (parse(text) as Shape);
};

/** Reads a run. @throws OpError (input) when there is none */
export async function readRun(home: Home, name: string): Promise<StoredRun> {
  const run = isName(name) ? await load(name, join(home.runs, name)) : undefined;
  if (run !== undefined) return run;
  throw await noRun(home, name);
}

const isName = (name: string) => /^[a-z0-9][a-z0-9.-]*$/u.test(name);

/** The directory of a run, although op may have been killed before it wrote the run's object. @throws OpError (input) when there is none */
export async function findRun(home: Home, name: string): Promise<Pick<StoredRun, 'name' | 'directory' | 'pid'>> {
  const directory = join(home.runs, name);
  const there = isName(name) && (await stat(directory).catch(() => undefined))?.isDirectory() === true;
  if (there) return { name, directory, pid: (await executorOf(directory))?.pid };
  throw await noRun(home, name);
}

async function noRun(home: Home, name: string) {
  const known = await readdir(home.runs).catch(() => []);
  return inputError({
    what: `there is no run ${name}`,
    why: known.length === 0 ? `there are no runs in ${home.runs}` : `the runs are ${known.toSorted().join(', ')}`,
    hint: 'run op local list',
  });
}

/** All runs, newest first. */
export async function listRuns(home: Home): Promise<readonly StoredRun[]> {
  const names = await readdir(home.runs).catch(() => []);
  const runs = await Promise.all(names.map((name) => load(name, join(home.runs, name))));
  return runs
    .flatMap((run) => run ?? [])
    .toSorted((a, b) => (started(a) < started(b) ? 1 : started(a) > started(b) ? -1 : a.name < b.name ? -1 : 1));
}

const started = ({ object }: StoredRun) => object.metadata.creationTimestamp;

async function load(name: string, directory: string): Promise<StoredRun | undefined> {
  const files = filesOf(directory);
  const executor = await executorOf(directory);
  const object = (await read<RunObject>(files.pipelineRun)) ?? (await read<RunObject>(files.taskRun));
  if (object === undefined) return undefined;
  const children = await readdir(files.taskRuns).catch(() => []);
  const found = await Promise.all(
    children.map((child) => read<TaskRunObject>(filesOf(join(files.taskRuns, child)).taskRun)),
  );
  const taskRuns = object.kind === 'TaskRun' ? [object] : found.flatMap((one) => one ?? []);
  const open = object.status.conditions[0].status === 'Unknown';
  return { name, directory, object, taskRuns, pid: executor?.pid, abandoned: open && executor === undefined };
}

/** The word for the state of a run. */
export function stateOf({ object, abandoned }: StoredRun): string {
  return abandoned ? 'ExecutorDied' : object.status.conditions[0].reason;
}
