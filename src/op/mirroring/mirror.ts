import type { Context } from '../context.js';
import { OpError, refusedError, toolError } from '../kit/errors/op-error.js';
import { shownPath } from '../kit/files/path.js';
import { countOf, secondsBetween, bytes as shownBytes } from '../kit/log/format.js';
import { copy as copyPlan } from './copy/copy.js';
import { type Mirror, readMirror } from './mirror-file/read.js';
import type { MirrorRequest } from './options.js';
import { type Files, filesIn } from './plan/files.js';
import { type ReadPlan, readPlan } from './plan/plan.js';
import { openRegistries, type Registries } from './registries/registries.js';
import { report as makeReport } from './report/report.js';
import type { Report } from './report/reported.js';
import { checkGate, planTable, resolve as resolvePlan, totalsLine } from './resolve/resolve.js';
import { verify as verifyPlan } from './verify/verify.js';

/** What every command works with. */
interface Work extends AsyncDisposable {
  readonly mirror: Mirror;
  readonly files: Files;
  readonly registries: Registries;
  readonly request: MirrorRequest;
}

async function open(context: Context, request: MirrorRequest): Promise<Work> {
  const mirror = await readMirror(context, request.file);
  const patience = {
    ...(request.pauses === undefined ? {} : { pauses: request.pauses }),
    ...(request.idle === undefined ? {} : { idle: request.idle }),
  };
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => context.env[name]);
  if (proxy !== undefined) context.log.warn(`${proxy} is set, and op mirror connects to registries directly`);
  const registries = openRegistries(context, mirror, request, patience);
  const files = filesIn(context.cwd, request.directory);
  return { mirror, files, registries, request, [Symbol.asyncDispose]: () => registries[Symbol.asyncDispose]() };
}

/** `op mirror resolve`: makes and prints the plan. @throws OpError (input, tool), (refused) when it is larger than the limits */
export async function resolve(
  context: Context,
  request: MirrorRequest & { readonly output: 'text' | 'json' },
): Promise<void> {
  await using work = await open(context, request);
  const { plan } = await makePlan(context, work);
  context.out(request.output === 'json' ? `${JSON.stringify(plan, undefined, 1)}\n` : planTable(plan));
  context.log.step(`plan: ${totalsLine(plan)}`);
  checkGate(plan);
  context.log.step(`next: op mirror copy${flagsOf(request)}`);
}

/** `op mirror copy`: does what the plan says. @throws OpError (input, tool, refused) */
export async function copy(context: Context, request: MirrorRequest): Promise<void> {
  await using work = await open(context, request);
  const read = await readPlan(work.files.plan, work.mirror);
  checkGate(read.plan);
  await copyAll(context, read, work);
  const made = await makeReport(read, work.files);
  conclude(context, work, made);
  context.log.step(`next: op mirror verify${flagsOf(request)}`);
}

/** `op mirror verify`: reads back what the plan says. @throws OpError (input, tool, refused) */
export async function verify(context: Context, request: MirrorRequest): Promise<void> {
  await using work = await open(context, request);
  const read = await readPlan(work.files.plan, work.mirror);
  const { images } = await verifyPlan(context, read, { ...work, deep: request.deep ?? false });
  await makeReport(read, work.files);
  const wrong = images.filter(({ state }) => state !== 'right');
  if (wrong.length === 0) {
    context.log.step(`verified ${countOf(images.length, 'image')}: the destination has what the plan says`);
    return;
  }
  const why = wrong.slice(-shown).map((one) => `${one.destination}: ${one.state}: ${one.why ?? ''}`);
  const more =
    wrong.length > shown ? [`${wrong.length - shown} more are in ${shownPath(context.cwd, work.files.verified)}`] : [];
  const fail = wrong.every(({ state }) => state === 'unknown') ? toolError : refusedError;
  throw fail({
    what: `${wrong.length} of ${images.length} images are not at the destination as planned`,
    why: [...more, ...why].join('\n'),
    hint: 'op mirror run --deep copies again what was lost; look who else writes or deletes there',
  });
}

/** `op mirror report`: writes the report of the steps that were done, and prints it. @throws OpError (input, refused) */
export async function report(
  context: Context,
  request: MirrorRequest & { readonly output: 'text' | 'json' },
): Promise<void> {
  const mirror = await readMirror(context, request.file);
  const files = filesIn(context.cwd, request.directory);
  const made = await makeReport(await readPlan(files.plan, mirror), files);
  if (request.output === 'json') context.out(`${JSON.stringify(made, undefined, 1)}\n`);
  else context.out(`${summaryOf(made)}\n`);
  context.log.step(`report: ${shownPath(context.cwd, files.reportPage)}`);
}

/** `op mirror run`: all steps. The report is written whatever happens after the plan. @throws OpError (input, tool, refused) */
export async function runAll(context: Context, request: MirrorRequest): Promise<void> {
  await using work = await open(context, request);
  const read = await makePlan(context, work);
  const table = planTable(read.plan);
  if (table !== '') context.log.step(table.trimEnd());
  context.log.step(`plan: ${totalsLine(read.plan)}`);
  try {
    checkGate(read.plan);
    await copyAll(context, read, work);
    await verifyPlan(context, read, { ...work, deep: request.deep ?? false });
  } finally {
    await makeReport(read, work.files);
  }
  conclude(context, work, await makeReport(read, work.files));
}

const makePlan = (context: Context, { mirror, registries, files, request }: Work): Promise<ReadPlan> =>
  resolvePlan(context, { mirror, registries, files, deep: request.deep ?? false });

/** Milliseconds before a transfer is tried again. */
const transferPauses = [1000, 5000, 15_000];

const copyAll = (context: Context, read: ReadPlan, { mirror, registries, files, request }: Work) =>
  copyPlan(context, read, {
    mirror,
    registries,
    files,
    pauses: (request.pauses ?? transferPauses).slice(0, mirror.retries),
    idle: request.idle,
  });

/** How many reasons are printed: a registry that is down gives one for each image. */
const shown = 10;

/** Prints how a run ended. @throws OpError (refused) for what a person must decide about, (tool) when something failed */
function conclude({ log, cwd }: Context, { files }: Work, made: Report): void {
  log.step(summaryOf(made));
  log.step(`report: ${shownPath(cwd, files.reportPage)}`);
  const failing = made.images.filter(({ fails }) => fails);
  const lost = made.unlisted.map(({ source, why }) => `${source}: not listed: ${why}`);
  const all = [...lost, ...failing.map(({ destination, outcome, why }) => `${destination}: ${outcome}: ${why ?? ''}`)];
  if (all.length === 0) return;
  const total = made.images.length + made.unlisted.length;
  const mustDecide = failing.some(({ outcome }) => outcome === 'drift' || outcome === 'wrong');
  const more = all.length > shown ? [`${all.length - shown} more are in ${shownPath(cwd, files.reportPage)}`] : [];
  throw new OpError(mustDecide ? 'refused' : 'tool', {
    what: `not mirrored: ${all.length} of ${countOf(total, 'image')}${all.length < total ? '; the others are' : ''}`,
    why: [...more, ...all.slice(-shown)].join('\n'),
    hint: mustDecide
      ? 'the report says what to do about each'
      : 'run the same command again: it copies only what is not there yet',
  });
}

function summaryOf({ totals: { bytes, ...counts }, unlisted, plannedAt, copiedAt, verifiedAt }: Report): string {
  const parts = Object.entries(counts).flatMap(([outcome, count]) => (count === 0 ? [] : [`${count} ${outcome}`]));
  const lost = unlisted.length === 0 ? [] : [`${countOf(unlisted.length, 'source')} not listed`];
  const took = secondsBetween(new Date(plannedAt), new Date(verifiedAt ?? copiedAt ?? plannedAt));
  const all = [...parts, ...lost];
  return `mirror: ${all.length === 0 ? 'nothing selected' : all.join(', ')}; ${shownBytes(bytes)} uploaded${took > 0 ? ` in ${took} s` : ''}`;
}

/** For the next command to type. */
const flagsOf = ({ file, directory, dockerconfig }: MirrorRequest): string =>
  [
    ...(file === 'mirror.yaml' ? [] : [` --file ${file}`]),
    ...(directory === 'mirror' ? [] : [` --directory ${directory}`]),
    ...(dockerconfig === undefined ? [] : [` --dockerconfig ${dockerconfig}`]),
  ].join('');
