import type { Context } from '../../op/context.js';
import { inputError } from '../../op/kit/errors/op-error.js';
import { toYaml } from '../../tekton/yaml/emit.js';
import { type StoredRun, stateOf } from '../runs/store.js';
import { table, taskTable, took, valueInLine } from './table.js';

/** How a run is printed. */
export type Form = 'text' | 'json' | 'yaml';

/** An object for machines. */
export const printed = (object: object, form: 'json' | 'yaml'): string =>
  form === 'json' ? `${JSON.stringify(object, null, 2)}\n` : toYaml(object);

/** The only name on the command line. @throws OpError (input) */
export function oneName(words: readonly string[], command: string): string {
  const [name] = words;
  if (name !== undefined && words.length === 1) return name;
  throw inputError({
    what: `op local ${command} needs the name of one run`,
    why: words.length === 0 ? 'no name is given' : `${words.length} names are given`,
    hint: `run op local list for the names, then op local ${command} RUN`,
  });
}

/** `op local list`. */
export function showList(context: Context, runs: readonly StoredRun[], form: Form): void {
  if (form !== 'text') {
    context.out(printed({ apiVersion: 'v1', kind: 'List', items: runs.map(({ object }) => object) }, form));
    return;
  }
  const now = context.now();
  const rows = runs.map((run) => {
    const { status, metadata, kind } = run.object;
    const age = took(metadata.creationTimestamp, undefined, now);
    const end = run.abandoned ? '---' : took(status.startTime, status.completionTime, now);
    return [run.name, kind, `${age} ago`, end, stateOf(run)];
  });
  context.out(
    rows.length === 0 ? 'there are no runs\n' : table([['NAME', 'KIND', 'STARTED', 'TOOK', 'STATE'], ...rows]),
  );
}

/** `op local describe`. */
export function describeRun(context: Context, run: StoredRun, form: Form): void {
  if (form !== 'text') {
    context.out(printed(run.object, form));
    return;
  }
  const { object } = run;
  const now = context.now();
  const [{ message }] = object.status.conditions;
  const head = [
    ['Name:', run.name],
    ['Kind:', object.kind],
    ['State:', stateOf(run)],
    ['Message:', run.abandoned ? abandonedBecause : message],
    ['Took:', run.abandoned ? '---' : took(object.status.startTime, object.status.completionTime, now)],
    ['Directory:', run.directory],
  ];
  context.out(table(head));
  const params = object.spec.params ?? [];
  if (params.length > 0) {
    context.out(`\nParams\n${table(params.map(({ name, value }) => ['', name, valueInLine(value)]))}`);
  }
  const results = object.status.results ?? [];
  if (results.length > 0) {
    context.out(`\nResults\n${table(results.map(({ name, value }) => ['', name, valueInLine(value)]))}`);
  }
  context.out(`\n${taskTable(object, run.taskRuns, now)}`);
}

const abandonedBecause = 'the op that executed it has ended without finishing it: op local rerun --failed goes on';
