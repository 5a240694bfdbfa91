import type { Context } from '../context.js';
import { refusedError } from '../kit/errors/op-error.js';
import { chainHistoryIn } from './disk/chain-history.js';
import { openDisk, recordApplied } from './disk/from-disk.js';
import { type DiskPlan, planSegment, type ToDiskWork } from './disk/plan-segment.js';
import { diskOf, partSizeOf, refuseDiskOptions, wishOf, workflowOf } from './disk/request.js';
import { writeSegment } from './disk/write-segment.js';
import type { Workflow } from './history/recorded.js';
import type { Turn } from './history/take-turn.js';
import type { WrittenHistory } from './history/written.js';
import type { ReadPlan } from './plan/plan.js';
import type { Report } from './report/reported.js';
import { resolve } from './resolve/resolve.js';
import { verify } from './verify/verify.js';
import { copyAll, makePlan, pausesOf, type Work } from './work.js';

/** A plan, and how its run goes on. */
export interface Planned {
  readonly read: ReadPlan;
  /** Copies, and reads back. */
  readonly carryOut: () => Promise<void>;
  /** Remembers what came of it. */
  readonly conclude: (report: Report) => Promise<void>;
}

/**
 * Makes the plan of a run: from registry to registry, to a disk, or from one. Nothing is written but the plan.
 * @throws OpError (usage, input, tool, refused)
 */
export async function planRun(context: Context, work: Work, turn: Turn): Promise<Planned> {
  const workflow = workflowOf(work.request);
  if (workflow === 'to-disk') return planToDisk(context, work, turn);
  if (workflow === 'from-disk') return planFromDisk(context, work, turn);
  refuseDiskOptions(work.request);
  return planDirect(context, work, turn);
}

async function planDirect(context: Context, work: Work, { written }: Turn): Promise<Planned> {
  const read = await makePlan(context, work);
  return {
    read,
    carryOut: () => copyAndVerify(context, read, work, { written, lacking: read.lacking }),
    conclude: async () => undefined,
  };
}

async function copyAndVerify(
  context: Context,
  read: ReadPlan,
  work: Work,
  { written, lacking }: { readonly written: WrittenHistory; readonly lacking: ReadonlySet<string> },
): Promise<void> {
  await copyAll(context, read, work, written, lacking);
  await verify(context, read, { ...work, deep: work.request.deep ?? false, isFresh: true });
}

async function planToDisk(context: Context, work: Work, { documents }: Turn): Promise<Planned> {
  const { request, mirror } = work;
  const parts: ToDiskWork = {
    ...work,
    history: chainHistoryIn(documents, mirror.name, 'written'),
    disk: diskOf(context.cwd, request),
    wish: wishOf(request),
    partSize: partSizeOf(request),
    pauses: pausesOf(work),
  };
  const read: DiskPlan = await planSegment(context, parts);
  return { read, carryOut: () => writeSegment(context, read, parts), conclude: async () => undefined };
}

async function planFromDisk(context: Context, work: Work, { documents, written }: Turn): Promise<Planned> {
  const { request, mirror } = work;
  const history = chainHistoryIn(documents, mirror.name, 'applied');
  const disk = diskOf(context.cwd, request);
  const opened = await openDisk(context, { ...work, history, disk, accepted: request.chain });
  const { origins, list, onListed } = opened;
  const deep = request.deep ?? false;
  const read = await resolve(context, { ...work, origins, deep, list, onListed, workflow: 'from-disk' });
  return {
    read,
    carryOut: () => copyAndVerify(context, read, { ...work, origins }, { written, lacking: read.lacking }),
    conclude: (report) => recordApplied(context, opened, history, report),
  };
}

/** A plan with a disk is done by the run that makes it: it has more than the plan says. @throws OpError (refused) */
export function checkWorkflow({ plan }: ReadPlan, allowed: readonly Workflow[]): void {
  if (allowed.includes(plan.workflow)) return;
  throw refusedError({
    what: `the plan is not for this command: its workflow is ${plan.workflow}`,
    why: 'what it needs besides the plan was known only when it was made',
    hint: `op mirror run --workflow=${plan.workflow} plans, copies and verifies`,
  });
}
