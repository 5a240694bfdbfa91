import type { Context } from '../../context.js';
import { countOf } from '../../kit/log/format.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { listRuns, type ScheduledPipelineRun } from '../runs.js';

/** Which ended runs stay: undefined is all. */
export interface History {
  readonly name: string;
  readonly historyLimit?: string | undefined;
  readonly historyDays?: string | undefined;
}

const day = 86_400_000;

/** Deletes old ended runs of a schedule, with their TaskRuns, pods and volumes. */
export async function deleteOld({ log }: Context, api: KubernetesApi, history: History): Promise<void> {
  if (history.historyLimit === undefined && history.historyDays === undefined) return;
  const old = oldRuns(await listRuns(api, history.name), history, api.now());
  for (const { name } of old) await api.remove(kinds.pipelineRun, name);
  if (old.length > 0) log.step(`deleted ${countOf(old.length, 'old run')}: ${old.map(({ name }) => name).join(', ')}`);
}

/** The ended runs that are beyond the limits. A run that has not ended is none, and does not count. */
export function oldRuns(
  runs: readonly ScheduledPipelineRun[],
  { historyLimit, historyDays }: History,
  now: Date,
): readonly ScheduledPipelineRun[] {
  const limit = historyLimit === undefined ? Number.POSITIVE_INFINITY : Number(historyLimit);
  const age = historyDays === undefined ? Number.POSITIVE_INFINITY : Number(historyDays) * day;
  const newest = runs
    .flatMap((run) => (run.ended === undefined ? [] : [{ run, at: run.ended.at }]))
    .toSorted((a, b) => b.at.getTime() - a.at.getTime());
  return newest.flatMap(({ run, at }, index) => (index >= limit || now.getTime() - at.getTime() > age ? [run] : []));
}
