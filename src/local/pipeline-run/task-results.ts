import type { WireValue } from '../../tekton/wire/task.js';
import type { TaskState } from './task-state.js';

/**
 * The results of a PipelineTask. Those of a matrix are lists, in the order of the TaskRuns' names.
 * Source: createResultsCacheMatrixedTaskRuns of pipelinerunresolution.go.
 */
export function resultsOf({ task, runs }: TaskState): Readonly<Record<string, WireValue>> {
  const each = runs.map(({ object }) => object).toSorted((a, b) => compare(a.metadata.name, b.metadata.name));
  const pairs = each.flatMap(({ status }) => (status.results ?? []).map(({ name, value }) => [name, value] as const));
  if (task.matrix === undefined) return Object.fromEntries(pairs);
  const lists: Record<string, string[]> = {};
  for (const [name, value] of pairs) {
    lists[name] ??= [];
    lists[name].push(typeof value === 'string' ? value : '');
  }
  return lists;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
