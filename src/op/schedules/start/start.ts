import { createHash, randomBytes } from 'node:crypto';
import type { Context } from '../../context.js';
import { sleep } from '../../kit/process/sleep.js';
import { clusterStore } from '../../store/cluster/cluster.js';
import { ageText } from '../../store/hold/lock.js';
import { quietly } from '../../store/hold/quiet.js';
import { type KubernetesApi, kinds, openApi } from '../../systems/kubernetes/api.js';
import { lockOf, scheduleLabel } from '../contract.js';
import type { StartRequest } from '../options.js';
import { makeRoom } from './overlap.js';
import { deleteOld } from './prune.js';
import { readWantedRun, type WantedRun } from './read-run.js';

/** Milliseconds to wait for another start of the same schedule that looks at the same runs. */
const startsTogether = 60_000;

/**
 * Creates the PipelineRun of a schedule, unless another one that has not ended forbids it, and deletes old ones. It is what the CronJob
 * of a schedule runs: when its pod is started again, the run is not created again.
 * @throws OpError (input) for a wrong file, (deadline) when another run does not end in time, (tool)
 */
export async function startRun(context: Context, request: StartRequest): Promise<void> {
  const { name, overlap, overlapWait } = request;
  const wanted = await readWantedRun(context, request.file);
  const job = context.env.JOB_NAME || `${name}-${randomBytes(3).toString('hex')}`;
  const own = nameOf(wanted, name, job);
  const run = withName(wanted, name, own);
  const pause = pauseOf(request, job);
  if (pause > 0) {
    context.log.step(`wait ${ageText(pause)} of at most ${ageText(request.jitter)} (jitter)`);
    await sleep(context, pause);
  }
  await using api = await openApi(context, request, { ownRole: name });
  if (overlap === 'allow') {
    await create(context, api, own, run);
  } else {
    const wait = overlap === 'forbid' ? startsTogether : overlapWait;
    await using lock = await clusterStore(quietly(context), api).hold(lockOf(name), { holder: job, keep: false, wait });
    const held = { ...context, signal: lock.context.signal };
    const isFree = await makeRoom(held, api.within(held), { ...request, own });
    if (isFree) await create(held, api.within(held), own, run);
    lock.succeeded();
  }
  await deleteOld(context, api, request);
}

/** Each start has its own part of the jitter, which a pod that is started again keeps. */
function pauseOf({ name, jitter }: StartRequest, start: string): number {
  const part = createHash('sha256').update(`${name} ${start}`).digest().readUInt32BE();
  return Math.floor((part / 2 ** 32) * jitter);
}

/** A run is named after its Job, of which there is one for each start. */
function nameOf({ metadata: { generateName } }: WantedRun, schedule: string, job: string): string {
  const suffix = job.startsWith(`${schedule}-`) ? job.slice(schedule.length + 1) : job;
  return `${generateName.slice(0, 63 - suffix.length)}${suffix}`;
}

function withName(wanted: WantedRun, schedule: string, name: string): object {
  const { generateName: _, labels, ...metadata } = wanted.metadata;
  return { ...wanted, metadata: { ...metadata, name, labels: { ...labels, [scheduleLabel]: schedule } } };
}

async function create({ log }: Context, api: KubernetesApi, name: string, run: object): Promise<void> {
  const created = await api.create(kinds.pipelineRun, run);
  log.step(created === 'conflict' ? `PipelineRun ${name} is there already` : `started PipelineRun ${name}`);
  log.step(`next: tkn pipelinerun logs --follow ${name} --namespace ${api.namespace}`);
}
