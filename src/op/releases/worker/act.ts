import { randomBytes } from 'node:crypto';
import type { Context } from '../../context.js';
import {
  type Ending,
  endingFor,
  endRun,
  loseRun,
  nextNumber,
  recordRun,
  startRun,
  type Turn,
  withAway,
  withOpen,
  withStanding,
} from '../changes/changes.js';
import { checkPlan } from '../changes/room.js';
import { checkAction, checkOf } from '../documents/check-names.js';
import type { Away, Environment, Package, Release, Run, Written } from '../documents/shapes.js';
import { sameJson } from '../documents/signature.js';
import { plainOf } from '../next/inputs.js';
import { nextWork } from '../next/next-work.js';
import { claimOf, environmentOf, type RunWork, type Snapshot, type Work } from '../next/snapshot.js';
import type { Records } from '../records/records.js';
import { type Claim, claim } from './claim.js';
import type { AwayRun, Runner } from './runner.js';

/** What a worker has. */
export interface Worker {
  readonly context: Context;
  readonly records: Records;
  readonly runner: Runner;
  readonly written: () => Written;
}

/**
 * How work ended: `busy` is that somebody else does it, `late` that it was done or is no longer right, `away` that it goes on elsewhere.
 */
export type Acted = 'done' | 'failed' | 'busy' | 'late' | 'away';

/** Names a piece of work. */
export const nameOfWork = (work: Work): string =>
  'name' in work
    ? `${work.do} ${work.name}`
    : 'ref' in work
      ? `${work.do} ${work.ref}`
      : `${work.do === 'run' ? work.does : work.do} ${work.package}/@r${work.release}${'item' in work ? `/${work.item}` : ''}`;

/** Does one piece of work. @throws OpError when the store or the code cannot be used */
export async function act(worker: Worker, snapshot: Snapshot, work: Work): Promise<Acted> {
  if (work.do === 'run') return run(worker, work);
  if (work.do === 'collect') return collect(worker, work);
  if (work.do === 'plan') return plan(worker, snapshot, work.package, work.release);
  await settle(worker, snapshot, work);
  return 'done';
}

type Collect = Extract<Work, { do: 'collect' }>;
type Settled = Exclude<Work, RunWork | Collect | { do: 'plan' }>;

async function settle(worker: Worker, snapshot: Snapshot, work: Settled): Promise<void> {
  const { records, written } = worker;
  switch (work.do) {
    case 'set-environment': {
      const attributes = snapshot.wantedEnvironments.get(work.name) ?? {};
      const id = randomBytes(6).toString('hex');
      return records.setEnvironment(work.name, (found) => ({ name: work.name, attributes, id: found?.id ?? id }));
    }
    case 'remove-environment':
      // The wish to deploy there goes first: an environment that is made again under this name starts empty.
      for (const { name, intent } of snapshot.packages.values()) {
        if (intent.deployments[work.name] !== undefined) await forgetIntent(records, name, work.name);
      }
      return records.setEnvironment(work.name, () => undefined);
    case 'set-custom':
    case 'remove-custom':
      return records.setCustom('state', work.ref, snapshot.wantedCustom.get(work.ref));
    case 'record':
      return record(worker, work.package, work.release, work.item);
    case 'close': {
      const seen = snapshot.packages.get(work.package)?.releases.get(work.release);
      // Somebody may have asked for another attempt in the meantime.
      const closed = await records.changeRelease(work.package, work.release, (found) =>
        sameJson(found, seen) && found.standing !== work.as ? withStanding(found, work.as, written()) : found,
      );
      if (closed.standing === 'open') return;
      await records.changePackage(work.package, (found) => withOpen(found, work.release, false, written()));
      return;
    }
  }
}

/** The package without the wish to have something in an environment. */
export const forgetIntent = (records: Records, name: string, environment: string) =>
  records.changeIntent(name, (found) => {
    const { [environment]: _, ...deployments } = found.deployments;
    return { ...found, deployments };
  });

async function record({ records, written }: Worker, name: string, number: number, item: string): Promise<void> {
  const release = await records.release(name, number);
  const ended = release?.runs.findLast((one) => one.item === item && one.status === 'complete');
  if (ended !== undefined) await records.changePackage(name, (found) => recordRun(found, number, ended, written()));
}

/** The environments that exist and should: what a release is planned for. */
export const plannedEnvironments = ({ environments, wantedEnvironments }: Snapshot): readonly Environment[] =>
  [...environments.values()].filter(({ name }) => wantedEnvironments.has(name));

async function plan(
  { records, runner, written }: Worker,
  snapshot: Snapshot,
  name: string,
  number: number,
): Promise<Acted> {
  const release = await records.release(name, number);
  if (release === undefined) return 'late';
  const plan = await runner.plan(release, plannedEnvironments(snapshot));
  if (plan === undefined) return 'away';
  await records.changeRelease(name, number, (found) => {
    const planned: Release = { ...found, plan, standing: 'open', written: written() };
    checkPlan({ ...planned, runs: [] });
    return planned;
  });
  await records.changePackage(name, (found) => withOpen(found, number, true, written()));
  return 'done';
}

/** Ends what it does when the claim is lost. The context of a lock is that of its store, which says little. */
const within = (worker: Worker, { context: { signal } }: Claim): Worker => ({
  ...worker,
  context: { ...worker.context, signal },
});

/** Claims an item, looks again whether it is right to run it, runs it, and writes its end. */
async function run(worker: Worker, work: RunWork): Promise<Acted> {
  const { context, records } = worker;
  await using held = await claim(context, records.stores.state, claimOf(work));
  if (held === undefined) return 'busy';
  const inner = within(worker, held);
  const snapshot = await records.snapshot();
  const own = nameOfWork(work);
  const now = nextWork(snapshot).ready.find((one) => nameOfWork(one) === own);
  if (now?.do !== 'run') return 'late';
  const before = await records.release(now.package, now.release);
  if (before === undefined) return 'late';
  const done = await runHeld(inner, snapshot, now, before);
  held.succeeded();
  return done;
}

async function runHeld(worker: Worker, snapshot: Snapshot, work: RunWork, before: Release): Promise<Acted> {
  const { context, records, runner, written } = worker;
  const { package: name, release: number } = work;
  const environment = environmentOf(work.item);
  const deployment =
    environment === undefined ? undefined : snapshot.packages.get(name)?.document.deployments[environment];
  const serial = (deployment?.serial ?? 0) + 1;
  const last = before.runs.findLast(({ item }) => item === work.item);
  if (last?.status === 'complete' && last.does === work.does && (last.serial ?? 0) >= serial) {
    // Its end was written, and its worker was killed before it could tell the package.
    await record(worker, name, number, work.item);
    return 'done';
  }
  const check = checkOf(work.item);
  const item = check?.item ?? work.item;
  const action = check === undefined ? work.does : checkAction(check.name);
  const found = await runner.find(context, before, item, action);
  const place = environmentOf(item);
  const there = place === undefined ? undefined : snapshot.environments.get(place);
  const turn =
    environment === undefined ? undefined : { environment: there?.id ?? deployment?.environment ?? '', serial };
  context.log.step(`${work.does} ${name}/@r${number}/${work.item} (${work.why})`);
  const inputs = plainOf(work.inputs);
  const call = {
    item: work.item,
    inputs,
    environment: { name: place ?? '', attributes: there?.attributes ?? attributesIn(inputs) },
    release: { name: `r${number}`, package: name, commit: before.commit },
  };
  const nextRun = nextNumber(before, work.item);
  const next = found(nextRun, call);
  if (environment !== undefined && work.does === 'up') {
    await records.changeIntent(name, (intent) =>
      intent.deployments[environment]?.release === number
        ? intent
        : { ...intent, deployments: { ...intent.deployments, [environment]: { release: number, written: written() } } },
    );
  }
  if ('in' in next) return startAway(worker, work, turn, nextRun, next);
  const started = written();
  const release = await records.changeRelease(name, number, (now) => startRun(now, work, turn, started).release);
  const ending = await next.run();
  return finish(worker, name, number, newestRun(release, work.item), ending);
}

function newestRun({ ref, runs }: Release, item: string): Run {
  const run = runs.findLast((one) => one.item === item);
  if (run === undefined) throw new Error(`${ref} has no run of ${item}`);
  return run;
}

/** Writes how a run ended: first into its release, then into its package. */
async function finish(worker: Worker, name: string, number: number, run: Run, ending: Ending): Promise<Acted> {
  const { context, records, written } = worker;
  const known = await records.changePackage(name, (document) => document);
  const own = ({ runs }: Release) => runs.find((one) => one.item === run.item && one.number === run.number);
  const release = await records.changeRelease(name, number, (found) => {
    const after = endRun(found, run, endingFor(known, number, run, ending, written()), written());
    return own(after)?.status === 'complete' && after.standing === 'failed'
      ? withStanding(after, 'open', written())
      : after;
  });
  await records.changePackage(name, (document) => {
    const recorded = recordEnd(document, release, run, written());
    return release.standing === 'open' ? withOpen(recorded, number, true, written()) : recorded;
  });
  const ended = own(release);
  const isComplete = ended?.status === 'complete';
  context.log.step(
    `${run.does} ${name}/@r${number}/${run.item}: ${isComplete ? 'done' : `failed: ${ended?.error ?? ''}`}`,
  );
  // An item whose check fails waits.
  return isComplete || run.does === 'check' ? 'done' : 'failed';
}

/** The package with the end of a run, which goes on nowhere any more. */
function recordEnd(document: Package, { runs, number }: Release, { item, number: of }: Run, written: Written): Package {
  const ended = runs.find((one) => one.item === item && one.number === of);
  const recorded = ended === undefined ? document : recordRun(document, number, ended, written);
  const what = claimOf({ package: document.ref, release: number, item });
  const away = recorded.away?.[what];
  return away?.run === of && away.release === number ? withAway(recorded, what, undefined, written) : recorded;
}

/**
 * Starts a run that goes on elsewhere. What it holds is written first, at a revision: of two who come here only one goes on, also without a
 * lock. Whoever finds it written and the run not there knows that it was never started, or is gone.
 */
async function startAway(
  worker: Worker,
  work: RunWork,
  turn: Turn | undefined,
  run: number,
  { start, ...place }: AwayRun,
): Promise<Acted> {
  const { context, records, written } = worker;
  const { package: name, release: number, item } = work;
  const what = claimOf(work);
  const away: Away = { release: number, item, run, ...place };
  const document = await records.changePackage(name, (found) =>
    found.away?.[what] === undefined ? withAway(found, what, away, written()) : found,
  );
  if (document.away?.[what]?.in !== place.in) return 'busy';
  const started = written();
  await records.changeRelease(name, number, (release) =>
    nextNumber(release, item) > run ? release : startRun(release, work, turn, started).release,
  );
  await start();
  context.log.step(`${work.does} ${name}/@r${number}/${item}: goes on in ${place.in}`);
  return 'away';
}

/** How often a run that ended without a word is started again. */
const againAtMost = 2;

/** Looks for the end of a run that went on elsewhere, and writes it. */
async function collect(worker: Worker, work: Collect): Promise<Acted> {
  const { context, records, written, runner } = worker;
  const { package: name, release: number, item } = work;
  const what = claimOf(work);
  await using held = await claim(context, records.stores.state, what);
  if (held === undefined) return 'busy';
  const inner = within(worker, held);
  const away = (await records.changePackage(name, (found) => found)).away?.[what];
  if (away === undefined || away.in !== work.in || away.run !== work.run) return 'late';
  const release = await records.release(name, number);
  const run = release?.runs.find((one) => one.item === item && one.number === away.run);
  if (release === undefined || run === undefined || run.status !== 'running') {
    // It was never started, or its end is in the release already.
    await records.changePackage(name, (found) =>
      release === undefined || run === undefined
        ? withAway(found, what, undefined, written())
        : recordEnd(found, release, run, written()),
    );
    held.succeeded();
    return 'done';
  }
  const seen = (await runner.look(inner.context, away, release)) ?? unseen(away, context.now());
  if (seen === 'busy') return seen;
  if (seen === 'running') return 'away';
  const acted = await (seen.status === 'lost'
    ? lose(inner, work, { release, run, why: seen.why })
    : finish(inner, name, number, run, seen));
  held.succeeded();
  return acted;
}

const unseen = ({ until, in: place }: Away, now: Date): 'busy' | { readonly status: 'lost'; readonly why: string } =>
  now.getTime() < Date.parse(until)
    ? 'busy'
    : { status: 'lost', why: `${place} cannot be seen from here, and its time is over` };

interface Lost {
  readonly release: Release;
  readonly run: Run;
  readonly why: string;
}

async function lose(worker: Worker, work: Collect, { release, run, why }: Lost): Promise<Acted> {
  const { context, records, written } = worker;
  const own = release.runs.filter((one) => one.item === run.item && one.number < run.number);
  const before = own.length - 1 - own.findLastIndex(({ status, does }) => status !== 'lost' || does !== run.does);
  const { package: name, release: number } = work;
  if (before >= againAtMost) {
    const error = `it ended without a result ${before + 1} times; the last time: ${why}`;
    return finish(worker, name, number, run, { status: 'failed', error });
  }
  context.log.warn(`${run.does} ${name}/@r${number}/${run.item}: run ${run.number} is lost: ${why}`);
  await records.changeRelease(name, number, (found) => loseRun(found, run, written()));
  await records.changePackage(name, (found) => withAway(found, claimOf(work), undefined, written()));
  return 'done';
}

/** Of an environment that is gone: as the deployment was given them. */
function attributesIn({ environment }: ReturnType<typeof plainOf>): Environment['attributes'] {
  if (typeof environment !== 'object' || environment === null || !('attributes' in environment)) return {};
  const { attributes } = environment;
  if (typeof attributes !== 'object' || attributes === null) return {};
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)]));
}
