import type { Context } from '../context.js';
import { inputError, type OpError, refusedError, toolError } from '../kit/errors/op-error.js';
import { shownPath } from '../kit/files/path.js';
import { countOf } from '../kit/log/format.js';
import { type RecordedRun, runIdOf } from './history/recorded.js';
import { type Turn, takeTurn } from './history/take-turn.js';
import type { Prune, WrittenHistory, WrittenImage } from './history/written.js';
import type { KeepRules } from './mirror-file/prune-rules.js';
import { type Mirror, readMirror } from './mirror-file/read.js';
import type { MirrorRequest } from './options.js';
import { deleteAll } from './prune/delete-all.js';
import { keptByRule } from './prune/keep-by-rule.js';
import { planPrune } from './prune/plan-prune.js';
import { type PruneItem, type PrunePlan, pruneTable, pruneTotals, writePrunePlan } from './prune/prune-plan.js';
import { openWork, type Work } from './work.js';

/** What `op mirror prune` is asked for. */
export interface PruneRequest extends MirrorRequest {
  readonly delete: boolean;
  readonly output: 'text' | 'json';
}

/**
 * `op mirror prune`: says which images of this mirror are not selected any more, and, with `delete`, deletes those that no rule keeps.
 * @throws OpError (input) without rules, (refused) beyond the limits, or when no run has used this mirror file, (tool) when one fails
 */
export async function prune(outer: Context, request: PruneRequest): Promise<void> {
  const mirror = await readMirror(outer, request.file);
  const { keep } = mirror;
  if (keep === undefined) throw notAllowed(mirror);
  await using turn = await takeTurn(outer, mirror, request);
  const { context } = turn;
  const latest = await turn.history.latestRun();
  if (latest?.run.mirrorDigest !== mirror.digest) throw notRun(mirror, latest, turn);
  await using work = openWork(context, mirror, request);
  const { images } = await turn.written.read();
  const runs = await newestRuns(turn, keep);
  const kept = keptByRule(images, keep, { runs, selected: latest.images, now: context.now() });
  const plan = await planPrune(context, work, images, kept);
  await writePrunePlan(work.files.prune, plan);
  const isJson = request.output === 'json';
  if (!request.delete) {
    context.out(isJson ? `${JSON.stringify(plan, undefined, 1)}\n` : pruneTable(plan));
    context.log.step(pruneTotals(plan.items));
  } else if (!isJson) context.log.step(`${pruneTable(plan)}${pruneTotals(plan.items)}`);
  checkGate(plan);
  if (!request.delete) {
    turn.succeeded();
    return conclude(context, work, plan, request);
  }
  const { done, closed } = await carryOut(context, { work, history: turn.written, plan, images, latest });
  if (isJson) context.out(`${JSON.stringify(done, undefined, 1)}\n`);
  turn.succeeded();
  if (closed !== undefined) throw closed;
  conclude(context, work, done, request);
}

const newestRuns = async ({ history }: Turn, { runs = 0 }: KeepRules): Promise<readonly RecordedRun[]> => {
  const ids = (await history.listRuns()).slice(0, runs).map(({ id }) => id);
  return Promise.all(ids.map(history.readRun));
};

async function carryOut(
  context: Context,
  {
    work,
    history,
    plan,
    images,
    latest,
  }: {
    readonly work: Work;
    readonly history: WrittenHistory;
    readonly plan: PrunePlan;
    readonly images: readonly WrittenImage[];
    readonly latest: RecordedRun;
  },
): Promise<{ readonly done: PrunePlan; readonly closed: OpError | undefined }> {
  const byPlace = new Map<string, PruneItem>();
  const soFar = () => ({ ...plan, items: plan.items.map((item) => byPlace.get(item.destination) ?? item) });
  try {
    const closed = await deleteAll(context, work, { plan, images, selected: latest.images }, (item) => {
      byPlace.set(item.destination, item);
    });
    return { done: soFar(), closed };
  } finally {
    // Also when it was stopped: what is deleted is deleted. What is not recorded is found to be gone the next time.
    await writePrunePlan(work.files.prune, soFar());
    if (!context.signal.aborted) await history.change((before) => afterPrune(before, soFar()));
  }
}

/** Prunes that are remembered. */
const mostPrunes = 50;

/** What was deleted, is gone, or is somebody else's, is not ours any more. */
function afterPrune(
  { images, prunes }: { readonly images: readonly WrittenImage[]; readonly prunes: readonly Prune[] },
  { items, createdAt, mirrorDigest }: PrunePlan,
) {
  const by = (...actions: PruneItem['action'][]) => items.filter(({ action }) => actions.includes(action));
  const ended = new Set(by('deleted', 'gone', 'moved').map(({ destination }) => destination));
  const made: Prune = {
    id: runIdOf(createdAt, mirrorDigest),
    at: createdAt,
    deleted: by('deleted').flatMap(({ destination, digest }) => (digest === null ? [] : [{ destination, digest }])),
    left: by('gone', 'moved').map(({ destination, why }) => ({ destination, why })),
    failed: by('delete', 'failed', 'unknown').length,
  };
  const isNothing = made.deleted.length + made.left.length + made.failed === 0;
  return {
    images: images.filter(({ destination }) => !ended.has(destination)),
    prunes: isNothing ? prunes : [made, ...prunes].slice(0, mostPrunes),
  };
}

/** @throws OpError (refused) when more would be deleted than the limits allow */
function checkGate({ refused }: PrunePlan): void {
  if (refused.length === 0) return;
  throw refusedError({
    what: 'nothing is deleted: the plan is larger than the limits',
    why: refused.join('\n'),
    hint: 'look at the plan; if it is right, increase limits.deletions in the mirror file',
  });
}

/** How many reasons are printed. */
const shown = 10;

function conclude({ log, cwd }: Context, { files }: Work, { items }: PrunePlan, request: PruneRequest): void {
  const count = (...actions: PruneItem['action'][]) => items.filter(({ action }) => actions.includes(action)).length;
  if (request.delete) log.step(`prune: ${pruneTotals(items)}`);
  log.step(`plan: ${shownPath(cwd, files.prune)}`);
  if (!request.delete && count('delete') > 0) log.step('next: op mirror prune --delete, with the same options');
  const failed = items.filter(({ action }) => action === 'failed' || action === 'unknown');
  if (failed.length === 0) return;
  throw toolError({
    what: `${request.delete ? 'not deleted' : 'not known'}: ${countOf(failed.length, 'image')}`,
    why: failed
      .slice(0, shown)
      .map(({ destination, why }) => `${destination}: ${why}`)
      .join('\n'),
    hint: 'run the same command again: it deletes only what is there still',
  });
}

const notAllowed = ({ file }: Mirror): OpError =>
  inputError({
    what: `${file} does not allow to delete anything`,
    why: 'it has no prune',
    hint: 'say what is kept, such as prune: { keep: { days: 30, runs: 5 } }; docs/mirroring.md describes the rules',
  });

const notRun = ({ file, name }: Mirror, latest: RecordedRun | undefined, { history }: Turn): OpError =>
  refusedError({
    what: `nothing is deleted: no run has used ${file} as it is now`,
    why:
      latest === undefined
        ? `the mirror ${name} has no recorded run in ${history.place}`
        : `the newest run, ${latest.run.id}, was made with another content of ${latest.run.mirrorFile}`,
    hint: 'op mirror run first: what it does not select any more can then be deleted',
  });
