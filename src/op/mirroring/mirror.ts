import { rm } from 'node:fs/promises';
import type { Context } from '../context.js';
import { shownPath } from '../kit/files/path.js';
import { FailedWithOutputs } from '../kit/results/results.js';
import { conclude, concludeVerify, summaryOf } from './conclude.js';
import type { History } from './history/history.js';
import { openHistory } from './history/open.js';
import { runIdOf } from './history/recorded.js';
import { type Turn, takeTurn } from './history/take-turn.js';
import { type Mirror, readMirror } from './mirror-file/read.js';
import type { MirrorRequest } from './options.js';
import { filesIn } from './plan/files.js';
import { type Plan, type ReadPlan, readPlan } from './plan/plan.js';
import { remember } from './remember.js';
import { reportNoRun } from './report/no-run.js';
import { report as makeReport, type ReportParts } from './report/report.js';
import type { Report } from './report/reported.js';
import { checkGate, planTable, totalsLine } from './resolve/resolve.js';
import { verify as verifyPlan } from './verify/verify.js';
import { copyAll, openWork, type Work } from './work.js';
import { checkWorkflow, type Planned, planRun } from './workflows.js';

/** `op mirror resolve`: makes and prints the plan. @throws OpError (input, tool), (refused) when it is larger than the limits */
export async function resolve(
  outer: Context,
  request: MirrorRequest & { readonly output: 'text' | 'json' },
): Promise<void> {
  const mirror = await readForRun(outer, request);
  await using turn = await takeTurn(outer, mirror, request);
  const { context } = turn;
  await using work = openWork(context, mirror, request);
  const { read } = await planned(context, work, turn);
  context.out(request.output === 'json' ? `${JSON.stringify(read.plan, undefined, 1)}\n` : planTable(read.plan));
  context.log.step(`plan: ${totalsLine(read.plan)}`);
  try {
    checkGate(read.plan);
  } catch (error) {
    // Nothing comes after it that would say so.
    await makeReport(read, work.files, await partsOf(turn.history, mirror, read));
    throw error;
  }
  turn.succeeded();
  const { workflow } = read.plan;
  next(context, workflow === 'direct' ? 'copy' : `run --workflow=${workflow} --disk=${request.disk}`, request);
}

/** `op mirror copy`: does what the plan says. @throws OpError (input, tool, refused) */
export async function copy(outer: Context, request: MirrorRequest): Promise<void> {
  const mirror = await readMirror(outer, request.file);
  await using turn = await takeTurn(outer, mirror, request);
  const { context } = turn;
  await using work = openWork(context, mirror, request);
  const read = await readPlan(work.files.plan, mirror);
  checkWorkflow(read, ['direct']);
  const parts = await partsOf(turn.history, mirror, read);
  checkGate(read.plan);
  if (request.dryRun) {
    context.log.step(`dry run: nothing is copied; ${totalsLine(read.plan)}`);
    turn.succeeded();
    return;
  }
  await copyAll(context, read, work, turn.written);
  const { report } = await makeReport(read, work.files, parts);
  turn.succeeded();
  conclude(context, work.files, report);
  next(context, 'verify', request);
}

/** `op mirror verify`: reads back what the plan says, and remembers it. @throws OpError (input, tool, refused) */
export async function verify(outer: Context, request: MirrorRequest): Promise<void> {
  const mirror = await readMirror(outer, request.file);
  await using turn = await takeTurn(outer, mirror, request);
  const { context } = turn;
  await using work = openWork(context, mirror, request);
  const read = await readPlan(work.files.plan, mirror);
  checkWorkflow(read, ['direct', 'from-disk']);
  if (request.dryRun) {
    context.log.step('dry run: nothing was copied that could be verified');
    turn.succeeded();
    return;
  }
  const parts = await partsOf(turn.history, mirror, read);
  const { images } = await verifyPlan(context, read, { ...work, deep: request.deep ?? false, isFresh: false });
  const reported = await makeReport(read, work.files, parts);
  const lost = await remember(context, turn, reported);
  turn.succeeded();
  concludeVerify(context, work.files, images);
  const { report } = reported;
  // Those that could not be asked for: the plan itself says that they are not as they should be.
  if (report.unlisted.length > 0 || report.images.some(({ fails }) => fails)) conclude(context, work.files, report);
  if (lost !== undefined) throw lost;
}

/** How a report is asked for. */
export interface ReportRequest extends MirrorRequest {
  readonly output: 'text' | 'json';
  readonly check?: boolean;
}

/** What `op mirror report` and `run` give: numbers of images, of bytes, and the last line. */
export type ReportOutputs = Readonly<Record<'COPIED' | 'UNCHANGED' | 'FAILING' | 'BYTES' | 'SUMMARY', string>>;

/**
 * `op mirror report`: writes the report of the steps that were done, and prints it.
 * @throws OpError (input, refused); FailedWithOutputs with `check`, when an image is not as it should be
 */
export async function report(context: Context, request: ReportRequest): Promise<ReportOutputs> {
  const mirror = await readMirror(context, request.file);
  // It only reads: it takes a turn to end that of its holder.
  if (request.holder === undefined) {
    await using history = await openHistory(context, mirror, request);
    return await reportOf(context, request, mirror, history);
  }
  await using turn = await takeTurn(context, mirror, request);
  return await reportOf(turn.context, request, mirror, turn.history);
}

async function reportOf(
  context: Context,
  request: ReportRequest,
  mirror: Mirror,
  history: History,
): Promise<ReportOutputs> {
  const files = filesIn(context.cwd, request.directory);
  const read = await readPlan(files.plan, mirror);
  const { report: made } = await makeReport(read, files, await partsOf(history, mirror, read));
  const outputs = outputsOf(made);
  if (request.output === 'json') context.out(`${JSON.stringify(made, undefined, 1)}\n`);
  if (!request.check) {
    if (request.output === 'text') context.out(`${summaryOf(made)}\n`);
    context.log.step(`report: ${shownPath(context.cwd, files.reportPage)}`);
    return outputs;
  }
  try {
    checkGate(read.plan);
    conclude(context, files, made);
  } catch (error) {
    throw new FailedWithOutputs(outputs, error);
  }
  return outputs;
}

function outputsOf(made: Report): ReportOutputs {
  const { copied, overwritten, unchanged, bytes } = made.totals;
  return {
    COPIED: `${copied + overwritten}`,
    UNCHANGED: `${unchanged}`,
    FAILING: `${made.images.filter(({ fails }) => fails).length + made.unlisted.length}`,
    BYTES: `${bytes}`,
    SUMMARY: summaryOf(made),
  };
}

/** The same of a run that only looked. */
const outputsOfPlan = (plan: Plan): ReportOutputs => ({
  COPIED: '0',
  UNCHANGED: `${plan.items.filter(({ action }) => action === 'skip').length}`,
  FAILING: `${plan.items.filter(({ fails }) => fails).length + plan.unlisted.length}`,
  BYTES: '0',
  SUMMARY: `dry run: ${totalsLine(plan)}`,
});

/**
 * `op mirror run`: all steps. The report is written whatever happens after the plan.
 * @throws OpError (input, tool, refused); FailedWithOutputs when an image is not as it should be
 */
export async function runAll(outer: Context, request: MirrorRequest): Promise<ReportOutputs> {
  const mirror = await readForRun(outer, request);
  await using turn = await takeTurn(outer, mirror, request);
  const { context } = turn;
  await using work = openWork(context, mirror, request);
  const { read, ...run } = await planned(context, work, turn);
  const table = planTable(read.plan);
  if (table !== '') context.log.step(table.trimEnd());
  context.log.step(`plan: ${totalsLine(read.plan)}`);
  const parts = await partsOf(turn.history, mirror, read);
  try {
    checkGate(read.plan);
    if (request.dryRun) {
      context.log.step('dry run: nothing is copied');
      turn.succeeded();
      return outputsOfPlan(read.plan);
    }
    await run.carryOut();
  } catch (error) {
    await makeReport(read, work.files, parts);
    throw error;
  }
  const reported = await makeReport(read, work.files, parts);
  await run.conclude(reported.report);
  const lost = await remember(context, turn, reported);
  turn.succeeded();
  const outputs = outputsOf(reported.report);
  try {
    conclude(context, work.files, reported.report);
    if (lost !== undefined) throw lost;
  } catch (error) {
    throw new FailedWithOutputs(outputs, error);
  }
  return outputs;
}

/** Reads the mirror file of a run. @throws OpError (input), which is the report then */
const readForRun = (context: Context, request: MirrorRequest): Promise<Mirror> =>
  readMirror(context, request.file).catch(async (error: unknown) => {
    await reportNoRun(filesIn(context.cwd, request.directory), context.now(), error);
    throw error;
  });

/** Makes the plan of a run. @throws OpError, which is the report then: that of the run before is not that of this one */
async function planned(context: Context, work: Work, turn: Turn): Promise<Planned> {
  await rm(work.files.plan, { force: true });
  try {
    return await planRun(context, work, turn);
  } catch (error) {
    if (!context.signal.aborted) await reportNoRun(work.files, context.now(), error);
    throw error;
  }
}

/** What the report of a plan is compared with. @throws OpError (tool) when the store cannot be read */
const partsOf = async (history: History, { name }: Mirror, { plan, digest }: ReadPlan): Promise<ReportParts> => ({
  name,
  previous: await history.latestRun(runIdOf(plan.createdAt, digest)),
});

/** The next command to type; the steps of a Task follow by themselves. */
function next({ log }: Context, command: string, request: MirrorRequest): void {
  if (!request.keepLock) log.step(`next: op mirror ${command}${flagsOf(request)}`);
}

const flagsOf = ({ file, directory, dockerconfig, store, namespace }: MirrorRequest): string =>
  [
    ...(file === 'mirror.yaml' ? [] : [` --file ${file}`]),
    ...(directory === 'mirror' ? [] : [` --directory ${directory}`]),
    ...(dockerconfig === undefined ? [] : [` --dockerconfig ${dockerconfig}`]),
    ...(store === undefined ? [] : [` --store ${store}`]),
    ...(namespace === undefined ? [] : [` --namespace ${namespace}`]),
  ].join('');
