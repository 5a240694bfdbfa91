import type { Context } from '../context.js';
import { table } from '../kit/log/format.js';
import { openApi } from '../systems/kubernetes/api.js';
import { listSchedules, nextStarts, type ScheduleInCluster } from './cron-jobs.js';
import type { ClusterFlags } from './options.js';
import { listRuns, type ScheduledPipelineRun } from './runs.js';

/** A schedule as `op schedule list --output=json` prints it; times are ISO 8601. */
interface Shown {
  readonly name: string;
  readonly schedule: string;
  readonly timeZone: string;
  readonly paused: boolean;
  readonly lastStart: string | null;
  readonly nextStart: string | null;
  /** Runs that have not ended. */
  readonly running: readonly string[];
  readonly lastRun: { readonly name: string; readonly succeeded: boolean; readonly reason: string } | null;
}

/** Prints the schedules of a namespace: when they start, and what became of their last run. @throws OpError (tool) */
export async function listAll(
  context: Context,
  request: ClusterFlags & { readonly output: 'text' | 'json' },
): Promise<void> {
  await using api = await openApi(context, request);
  const shown: Shown[] = [];
  for (const schedule of await listSchedules(api)) {
    shown.push(shownOf(schedule, await listRuns(api, schedule.name), api.now()));
  }
  if (request.output === 'json') context.out(`${JSON.stringify(shown, undefined, 1)}\n`);
  else if (shown.length === 0) context.log.step(`there is no schedule in namespace ${api.namespace}`);
  else context.out(`${table([head, ...shown.map(rowOf)])}\n`);
}

function shownOf(schedule: ScheduleInCluster, runs: readonly ScheduledPipelineRun[], now: Date): Shown {
  const { name, cron, timeZone, paused, lastStart } = schedule;
  const [next] = paused ? [] : nextStarts(cron, timeZone, now, 1);
  const last = runs.findLast(({ ended }) => ended !== undefined);
  return {
    name,
    schedule: cron,
    timeZone,
    paused,
    lastStart: lastStart?.toISOString() ?? null,
    nextStart: next?.toISOString() ?? null,
    running: runs.filter(({ ended }) => ended === undefined).map((run) => run.name),
    lastRun:
      last?.ended === undefined
        ? null
        : { name: last.name, succeeded: last.ended.succeeded, reason: last.ended.reason },
  };
}

const head = ['NAME', 'SCHEDULE', 'TIME ZONE', 'NEXT START', 'RUNNING', 'LAST RUN'];

const rowOf = ({ name, schedule, timeZone, paused, nextStart, running, lastRun }: Shown) => [
  name,
  schedule,
  timeZone,
  paused ? 'paused' : (nextStart?.replace(/:00\.000Z$/u, 'Z') ?? 'never'),
  running.join(', ') || '-',
  lastRun === null ? '-' : `${lastRun.name} ${lastRun.reason}`,
];
