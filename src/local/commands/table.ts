import { inLine, printable } from '../../op/kit/log/printable.js';
import type { WireValue } from '../../tekton/wire/task.js';
import type { RunObject, TaskRunObject } from '../pipeline-run/objects.js';

/** Columns, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** How long something took, to the second, as Kubernetes tools write it: `1m5s`; `---` while it has not started. */
export function took(from: string | undefined, to: string | undefined, now: Date): string {
  if (from === undefined) return '---';
  const seconds = Math.max(
    0,
    Math.round(((to === undefined ? now.getTime() : Date.parse(to)) - Date.parse(from)) / 1000),
  );
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds}s`;
  return minutes < 60 ? `${minutes}m${seconds % 60}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}

/** A param or a result on one line: a step may have written anything there. */
export const valueInLine = (value: WireValue): string =>
  inLine(printable(typeof value === 'string' ? value : JSON.stringify(value)));

const taskOf = ({ metadata }: TaskRunObject) => metadata.labels['tekton.dev/pipelineTask'] ?? metadata.name;

/** The tasks of a run with what became of them, in the order in which they started; then those that were skipped, and why. */
export function taskTable(object: RunObject, taskRuns: readonly TaskRunObject[], now: Date): string {
  const seen = new Set<string>();
  const several = new Set(taskRuns.map(taskOf).filter((name) => seen.size === seen.add(name).size));
  // `startTime` is in whole seconds.
  const begin = ({ status }: TaskRunObject) => status.steps?.[0]?.terminated?.startedAt ?? status.startTime ?? '~';
  const rows = taskRuns
    .toSorted((a, b) => (begin(a) < begin(b) ? -1 : begin(a) > begin(b) ? 1 : 0))
    .map((run) => {
      const { conditions, startTime, completionTime, retriesStatus = [] } = run.status;
      const name = several.has(taskOf(run)) ? run.metadata.name : taskOf(run);
      const retried =
        retriesStatus.length === 0
          ? ''
          : ` after ${retriesStatus.length} ${retriesStatus.length === 1 ? 'retry' : 'retries'}`;
      const [{ reason, status, message }] = conditions;
      const why = status === 'False' ? inLine(printable(message)) : '';
      return [name, `${reason}${retried}`, took(startTime, completionTime, now), why];
    });
  const skipped = object.kind === 'PipelineRun' ? (object.status.skippedTasks ?? []) : [];
  const rest = skipped.map(({ name, reason }) => [name, 'Skipped', '---', reason]);
  return table([['TASK', 'STATE', 'TOOK', ''], ...rows, ...rest]);
}
