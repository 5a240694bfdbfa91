import type { Context } from '../../context.js';
import { inputError, OpError, refusedError, toolError } from '../../kit/errors/op-error.js';
import { countOf, bytes as shownBytes, table } from '../../kit/log/format.js';
import { startProgress } from '../../kit/log/progress.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import type { Registries } from '../../systems/registry/client/registries.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { Workflow } from '../history/recorded.js';
import type { Mirror } from '../mirror-file/read.js';
import type { Files } from '../plan/files.js';
import { type Action, actions, type Plan, type PlanItem, type ReadPlan, writePlan } from '../plan/plan.js';
import { openKnown } from '../referrers/known.js';
import { createReferrerLists } from '../referrers/lists.js';
import type { Origins } from '../registries/origin.js';
import { compare } from './compare.js';
import { openExpectedDigests } from './expected-digests.js';
import { distinctImages, imagesOf, type Lister, type NamedSource, namedSources, type Wanted } from './list-images.js';

/** A plan that was made just now. */
export interface Resolved extends ReadPlan {
  /** What the destination was found to lack. */
  readonly lacking: ReadonlySet<string>;
}

/**
 * Lists, selects and compares, and writes the plan: the dry run. Nothing is written to a registry.
 * @throws OpError (input) for images that have no place of their own, (tool) when no source answers
 */
export async function resolve(
  context: Context,
  {
    mirror,
    registries,
    origins,
    files,
    deep,
    list,
    workflow = 'direct',
    onListed = (listed) => refuseNothing(mirror, listed),
  }: {
    readonly mirror: Mirror;
    readonly registries: Registries;
    readonly origins: Origins;
    readonly files: Files;
    readonly deep: boolean;
    readonly list: Lister;
    readonly workflow?: Workflow;
    /** Called before anything is compared; what it throws ends the command. */
    readonly onListed?: (listed: Listed) => void;
  },
): Promise<Resolved> {
  const listed = await listAll(context, mirror, list);
  const known = await openExpectedDigests(files.expected);
  const referrers = { lists: createReferrerLists(), known: await openKnown(files.referrers) };
  const sides = {
    registries,
    origins,
    expected: known.expected,
    timeout: mirror.timeout,
    deep,
    counted: new Set<string>(),
    lacking: new Set<string>(),
    referrers,
  };
  onListed(listed);
  const items = await compareAll(context, mirror, listed.wanted, (one) => compare(context, sides, one));
  await known.keep();
  const isAll = listed.unlisted.length === 0 && items.every(({ action }) => action !== 'unknown');
  await referrers.known.keep(isAll);
  return { ...(await planOf(context, mirror, files, { ...listed, items, workflow })), lacking: sides.lacking };
}

/** Compares all images, several at a time. */
export async function compareAll(
  context: Context,
  { parallel }: Mirror,
  wanted: readonly Wanted[],
  compareOne: (one: Wanted) => Promise<PlanItem>,
): Promise<readonly PlanItem[]> {
  using progress = startProgress(context, 'comparing source and destination', wanted.length);
  // A question needs less memory and bandwidth than a copy, and mostly waits for the answer.
  return valuesOf(await mapConcurrently(wanted, 8 * parallel, (one) => compareOne(one).finally(progress.done)));
}

/** Puts a plan together, judges it by the limits, and writes it. */
export async function planOf(
  context: Context,
  mirror: Mirror,
  files: Files,
  {
    workflow,
    items,
    unlisted,
  }: Pick<Listed, 'unlisted'> & { readonly workflow: Workflow; readonly items: readonly PlanItem[] },
): Promise<ReadPlan> {
  const plan: Plan = {
    version: 1,
    workflow,
    createdAt: context.now().toISOString(),
    mirrorFile: mirror.file,
    mirrorDigest: mirror.digest,
    totals: totalsOf(items),
    refused: [],
    unlisted: [...unlisted],
    items: [...items],
  };
  return writePlan(files.plan, { ...plan, refused: refusalsOf(plan, mirror) });
}

/** What the sources select. */
export interface Listed {
  readonly wanted: readonly Wanted[];
  /** Sources whose tags could not be listed. */
  readonly unlisted: Plan['unlisted'];
}

/** Lists and selects. @throws OpError (input) for images that have no place of their own */
export async function listAll(context: Context, mirror: Mirror, list: Lister): Promise<Listed> {
  const { sources, parallel, timeout } = mirror;
  // Charts of one source are listed one by one.
  const count = new Set(sources.map(({ at }) => at)).size;
  context.log.step(`resolve ${countOf(count, 'source')} of ${mirror.file}`);
  const startListing = (repository: string, signal: AbortSignal) =>
    startDeadline({ ...context, signal }, timeout, {
      what: `cannot list ${repository}`,
      why: `it took longer than ${timeout / 1000} s`,
      hint: 'increase run.timeout',
    });
  const inTime: Lister = {
    tags: async (repository, signal) => {
      using deadline = startListing(`the tags of ${formatReference(repository)}`, signal);
      return await list.tags(repository, deadline.context.signal);
    },
    versions: async (repository, chart, signal) => {
      using deadline = startListing(`the versions of ${formatReference(repository)}`, signal);
      return await list.versions(repository, chart, deadline.context.signal);
    },
    charts: async (folder, chart, signal) => {
      using deadline = startListing(`the charts of ${folder}`, signal);
      return await list.charts(folder, chart, deadline.context.signal);
    },
  };
  const unlisted: { source: string; why: string }[] = [];
  /** What work gives for each of these; one that cannot be listed is noted. @throws what another attempt cannot help */
  const forEach = async <Source extends { readonly from: string }, Value>(
    all: readonly Source[],
    work: (source: Source) => Promise<Value>,
  ): Promise<readonly (readonly [Source, Value])[]> => {
    const outcomes = await mapConcurrently(all, 2 * parallel, async (source) => [source, await work(source)] as const);
    context.signal.throwIfAborted();
    return outcomes.flatMap((outcome, index) => {
      if (outcome.status === 'fulfilled') return [outcome.value];
      const { reason } = outcome;
      if (!(reason instanceof OpError) || reason.kind === 'input') throw reason;
      unlisted.push({ source: all[index]?.from ?? '', why: `${reason.message}: ${reason.why}` });
      return [];
    });
  };
  const named: NamedSource[] = [];
  for (const [, ones] of await forEach(sources, (source) => namedSources(inTime, source, context.signal))) {
    for (const one of ones) {
      if ('why' in one) unlisted.push(one);
      else named.push(one);
    }
  }
  const lists = await forEach(named, (source) => imagesOf(inTime, source, context.signal));
  const wanted = lists.flatMap(([, images]) => images);
  const selecting = new Set(wanted.map(({ source: { at } }) => at));
  const all = new Set(
    sources.flatMap(({ at, chart }) => (chart !== undefined && chart.name === undefined ? [at] : [])),
  );
  // Of all charts of a repository, not each needs to have such a version.
  const empty = lists.flatMap(([source, images]) => (images.length === 0 && !all.has(source.at) ? [source] : []));
  for (const { at, from } of [...empty, ...sources.filter(({ at }) => all.has(at) && !selecting.has(at))])
    context.log.warn(`${at} (${from}) selects no image: no tag is as it says`);
  return { wanted: distinctImages(wanted), unlisted };
}

/** A mirror of nothing is a slip in its file. @throws OpError (input) */
export function refuseNothing({ file }: Mirror, { wanted, unlisted }: Listed): void {
  if (wanted.length > 0 || unlisted.length > 0) return;
  throw inputError({
    what: `${file} selects no image at all`,
    why: 'no tag of its sources is as it says',
    hint: 'correct the selection of tags: regex, exclude, semver',
  });
}

function totalsOf(items: readonly PlanItem[]): Plan['totals'] {
  const count = (action: Action) => items.filter((item) => item.action === action).length;
  return {
    ...Object.fromEntries(actions.map((action) => [action, count(action)])),
    bytes: items.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
  };
}

/** The gate: why nothing may be copied. */
function refusalsOf({ items, totals }: Plan, { limits }: Mirror): string[] {
  const count = items.filter(({ action }) => action === 'copy' || action === 'overwrite').length;
  const { newImages = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY } = limits;
  return [
    ...(count > newImages ? [`${countOf(count, 'image')} would be copied, and limits.newImages is ${newImages}`] : []),
    ...(totals.bytes > bytes
      ? [`${shownBytes(totals.bytes)} would be uploaded, and limits.bytes is ${shownBytes(bytes)}`]
      : []),
  ];
}

/** The plan for people: a line for everything that is not as it should be, and the totals. */
export function planTable({ items, unlisted }: Plan): string {
  const shown = items.filter(({ action }) => action !== 'skip');
  const rows = shown.map(({ action, source, destination, digest, bytes, why = '' }) => [
    action,
    source,
    destination,
    digest?.slice(0, 19) ?? '-',
    bytes === undefined ? '-' : shownBytes(bytes),
    why,
  ]);
  const lost = unlisted.map(({ source, why }) => ['unknown', source, '-', '-', '-', why]);
  const all = [...rows, ...lost];
  return all.length === 0 ? '' : `${table([['ACTION', 'SOURCE', 'DESTINATION', 'DIGEST', 'BYTES', 'WHY'], ...all])}\n`;
}

/** `3 copy (1.2 MB), 197 skip` */
export function totalsLine({ workflow, totals, unlisted, items }: Plan): string {
  const counts = actions.flatMap((action) => {
    const count = Object.entries(totals).find(([key]) => key === action)?.[1] ?? 0;
    return count === 0 ? [] : [`${count} ${action}`];
  });
  const lost = unlisted.length === 0 ? [] : [`${countOf(unlisted.length, 'source')} not listed`];
  const all = [...counts, ...lost];
  return `${all.length === 0 ? 'nothing selected' : all.join(', ')}; ${shownBytes(totals.bytes)} to ${workflow === 'to-disk' ? 'write' : 'upload'}${referrersLine(items)}`;
}

function referrersLine(items: readonly PlanItem[]): string {
  const pending = items.flatMap(({ referrers = [] }) => referrers.filter(({ there }) => !there)).length;
  const left = items.flatMap(({ left = [] }) => left).length;
  return `${pending === 0 ? '' : `; ${countOf(pending, 'referrer')} to copy`}${left === 0 ? '' : `; ${countOf(left, 'referrer')} left (plan.json says why)`}`;
}

/** @throws OpError (refused) when the plan is more than the limits allow, (tool) when no registry said anything */
export function checkGate({ refused, items, unlisted }: Plan): void {
  if (refused.length > 0) {
    throw refusedError({
      what: 'nothing is copied: the plan is larger than the limits',
      why: refused.join('\n'),
      hint: 'look at the plan; if it is right, increase the limits in the mirror file',
    });
  }
  const unknown = [
    ...items.filter(({ action }) => action === 'unknown').map(({ why = '' }) => why),
    ...unlisted.map(({ why }) => why),
  ];
  if (unknown.length === 0 || unknown.length < items.length + unlisted.length) return;
  throw toolError({
    what: 'nothing is copied: no image could be compared',
    why: unknown.slice(0, 5).join('\n'),
    hint: 'check the registries and their credentials, and run the same command again',
  });
}
