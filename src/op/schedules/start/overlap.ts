import type { Context } from '../../context.js';
import { deadlineError } from '../../kit/errors/op-error.js';
import { ageText } from '../../store/hold/lock.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { followUntil } from '../../systems/kubernetes/follow-until.js';
import type { OverlapRule } from '../contract.js';
import { listRuns, readRun, runsOf, type ScheduledPipelineRun } from '../runs.js';

/** What a start needs to know of the other runs of its schedule. */
export interface Start {
  readonly name: string;
  readonly overlap: OverlapRule;
  /** Milliseconds. */
  readonly overlapWait: number;
  /** The name of its own run, which may be there if its pod was started again. */
  readonly own: string;
}

/**
 * Looks for runs of the schedule that have not ended, whoever started them, and does what the rule says.
 * @returns whether another run may start now
 * @throws OpError (deadline) when a run does not end in time
 */
export async function makeRoom(context: Context, api: KubernetesApi, start: Start): Promise<boolean> {
  const { log } = context;
  const runs = await listRuns(api, start.name);
  // Its own run is looked at when it is created.
  if (runs.some(({ name }) => name === start.own)) return true;
  const open = runs.filter(({ ended }) => ended === undefined);
  if (open.length === 0 || start.overlap === 'allow') return true;
  const shown = open.map((run) => `${run.name} (for ${ageOf(api, run)})`).join(', ');
  if (start.overlap === 'forbid') {
    log.step(`skipped: ${shown} has not ended, and overlap is forbid`);
    return false;
  }
  if (start.overlap === 'replace') {
    for (const { name } of open) {
      await api.patch(kinds.pipelineRun, name, { spec: { status: 'CancelledRunFinally' } });
      log.step(`cancelled ${name}, which has not ended: overlap is replace`);
    }
  } else {
    log.step(`wait for ${shown}: overlap is queue`);
  }
  await untilEnded(context, api, start);
  return true;
}

const ageOf = (api: KubernetesApi, { created }: ScheduledPipelineRun) =>
  ageText(api.now().getTime() - created.getTime());

async function untilEnded(context: Context, api: KubernetesApi, { name, overlapWait }: Start): Promise<void> {
  const open = await followUntil(context, api, {
    kind: kinds.pipelineRun,
    query: runsOf(name),
    read: (runs) => runs.map(readRun).flatMap((run) => (run.ended === undefined ? [run.name] : [])),
    isOver: (names) => names.length === 0,
    limit: overlapWait,
  });
  if (open?.length === 0) return;
  throw deadlineError({
    what: `no run of the schedule ${name} was started`,
    why: `${open?.join(', ') ?? 'another run'} has not ended after ${ageText(overlapWait)}`,
    hint: `see what it does: tkn pipelinerun describe ${open?.[0] ?? ''}`.trim(),
  });
}
