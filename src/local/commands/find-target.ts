import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../../op/context.js';
import { inputError, usageError } from '../../op/kit/errors/op-error.js';
import type { Documents, LocalRun } from '../documents/read.js';
import { assertReadable } from './read-input.js';

/** What `op local start` is asked to run. */
export type Target =
  | { readonly kind: 'Pipeline'; readonly pipeline: Documents['pipelines'][number] }
  | { readonly kind: 'Task'; readonly task: Documents['tasks'][number] }
  | { readonly kind: 'PipelineRun'; readonly run: Extract<LocalRun, { kind: 'PipelineRun' }> }
  | { readonly kind: 'TaskRun'; readonly run: Extract<LocalRun, { kind: 'TaskRun' }> };

/** The words of the command line: files to read, and a name. */
export function wordsOf({ cwd }: Pick<Context, 'cwd'>, words: readonly string[]) {
  const isFile = (word: string) =>
    word === '-' || /[/\\]|\.(?:ya?ml|json)$/u.test(word) || existsSync(resolve(cwd, word));
  const names = words.filter((word) => !isFile(word));
  if (names.length > 1) {
    throw usageError({
      what: `op local start cannot run ${names.join(' and ')} at a time`,
      why: 'it runs one Pipeline or Task',
      hint: 'start each with a command of its own',
    });
  }
  return { files: words.filter(isFile), name: names[0] };
}

/**
 * What to run: the object with the name, or the only one of its kind: a run before a Pipeline before a Task.
 * @param from the files that it must be in; empty for any
 * @throws OpError (input) when there is none, or more than one
 */
export function findTarget(documents: Documents, name: string | undefined, from: ReadonlySet<string>): Target {
  const inside = ({ source }: { readonly source: string }) => from.size === 0 || from.has(source);
  // A file that is no YAML, or an object with a problem, may be what is meant.
  assertReadable(documents, ({ path, at = '' }) => {
    if (!/^[A-Z]\w+\/./u.test(path)) return true;
    return name === undefined
      ? inside({ source: at.replace(/:\d+$/u, '') })
      : [`/${name}`, `/${name}-`].some((end) => path.split(' ')[0]?.endsWith(end));
  });
  const pipelines = documents.pipelines.filter(inside);
  const tasks = documents.tasks.filter(inside);
  const runs = documents.runs
    .filter(inside)
    .map((run): Target => (run.kind === 'TaskRun' ? { kind: 'TaskRun', run } : { kind: 'PipelineRun', run }));
  const groups = [
    runs,
    pipelines.map((pipeline): Target => ({ kind: 'Pipeline', pipeline })),
    tasks.map((task): Target => ({ kind: 'Task', task })),
  ];
  const all = groups.flat();
  if (name !== undefined) {
    // A Pipeline and a Task may have one name: the Pipeline is meant.
    const [found] = groups
      .toSorted((a, b) => order(a) - order(b))
      .flat()
      .filter((target) => targetName(target) === name || targetName(target) === `${name}-`);
    if (found !== undefined) return found;
    throw inputError({
      what: `there is nothing named ${name}`,
      why: all.length === 0 ? 'no Tekton documents were read' : `there are ${all.map(label).join(', ')}`,
      hint: 'say where it is with -f FILE or -f DIR',
    });
  }
  const group = groups.find((targets) => targets.length > 0) ?? [];
  const [only] = group;
  if (only !== undefined && group.length === 1) return only;
  throw inputError({
    what: 'it is not clear what to run',
    why: all.length === 0 ? 'no Pipeline, Task or run was read' : `there are ${group.map(label).join(', ')}`,
    hint: all.length === 0 ? 'name a file: op local start FILE' : 'say which: op local start NAME -f FILE',
  });
}

const order = (targets: readonly Target[]) =>
  ({ Pipeline: 0, Task: 1, PipelineRun: 2, TaskRun: 2 })[targets[0]?.kind ?? 'Task'];

/** The name in its document: `generateName` if there is no other. */
export const targetName = (target: Target): string => {
  if (target.kind === 'Pipeline') return target.pipeline.name;
  if (target.kind === 'Task') return target.task.name;
  return target.run.metadata.name ?? target.run.metadata.generateName ?? '';
};

const label = (target: Target) => `${target.kind} ${targetName(target)}`;
