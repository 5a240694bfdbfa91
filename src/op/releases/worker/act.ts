import { randomBytes } from 'node:crypto';
import type { Context } from '../../context.js';
import { endingFor, endRun, recordRun, startRun, withOpen, withStanding } from '../changes/changes.js';
import { checkPlan } from '../changes/room.js';
import { checkAction, checkOf } from '../documents/check-names.js';
import type { Environment, Release, Written } from '../documents/shapes.js';
import { sameJson } from '../documents/signature.js';
import { plainOf } from '../next/inputs.js';
import { nextWork } from '../next/next-work.js';
import { environmentOf, type RunWork, type Snapshot, type Work } from '../next/snapshot.js';
import type { Records } from '../records/records.js';
import { claim } from './claim.js';
import type { Runner } from './runner.js';

/** What a worker has. */
export interface Worker {
  readonly context: Context;
  readonly records: Records;
  readonly runner: Runner;
  readonly written: () => Written;
}

/**
 * How work ended: `busy` is that somebody else does it, `late` that it was done or is no longer right.
 */
export type Acted = 'done' | 'failed' | 'busy' | 'late';

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
  await settle(worker, snapshot, work);
  return 'done';
}

async function settle(worker: Worker, snapshot: Snapshot, work: Exclude<Work, RunWork>): Promise<void> {
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
    case 'plan':
      return plan(worker, snapshot, work.package, work.release);
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
): Promise<void> {
  const release = await records.release(name, number);
  if (release === undefined) return;
  const plan = await runner.plan(release, plannedEnvironments(snapshot));
  await records.changeRelease(name, number, (found) => {
    const planned: Release = { ...found, plan, standing: 'open', written: written() };
    checkPlan({ ...planned, runs: [] });
    return planned;
  });
  await records.changePackage(name, (found) => withOpen(found, number, true, written()));
}

/** What is claimed for a run: one environment of a package, or one call of a release. */
export const claimOf = ({ package: name, release, item }: RunWork): string =>
  environmentOf(item) === undefined ? `${name}/@r${release}/${item}` : `${name}/@/${item}`;

/** Claims an item, looks again whether it is right to run it, runs it, and writes its end. */
async function run(worker: Worker, work: RunWork): Promise<Acted> {
  const { context, records } = worker;
  await using held = await claim(context, records.stores.state, claimOf(work));
  if (held === undefined) return 'busy';
  // The store says nothing of its locks; the log of the work is that of the command.
  const inner = { ...worker, context: { ...held.context, log: context.log } };
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
  if (environment !== undefined && work.does === 'up') {
    await records.changeIntent(name, (intent) =>
      intent.deployments[environment]?.release === number
        ? intent
        : { ...intent, deployments: { ...intent.deployments, [environment]: { release: number, written: written() } } },
    );
  }
  const started = written();
  await records.changeRelease(name, number, (release) => startRun(release, work, turn, started).release);
  context.log.step(`${work.does} ${name}/@r${number}/${work.item} (${work.why})`);
  const inputs = plainOf(work.inputs);
  const ending = await found({
    item: work.item,
    inputs,
    environment: { name: place ?? '', attributes: there?.attributes ?? attributesIn(inputs) },
    release: { name: `r${number}`, package: name, commit: before.commit },
  });
  const known = await records.changePackage(name, (document) => document);
  const newest = ({ runs }: Release) => runs.findLast(({ item }) => item === work.item);
  const release = await records.changeRelease(name, number, (found) => {
    const run = newest(found);
    if (run === undefined) return found;
    const after = endRun(found, run, endingFor(known, number, run, ending, written()), written());
    return newest(after)?.status === 'complete' && after.standing === 'failed'
      ? withStanding(after, 'open', written())
      : after;
  });
  const ended = newest(release);
  await records.changePackage(name, (document) => {
    const recorded = ended === undefined ? document : recordRun(document, number, ended, written());
    return release.standing === 'open' ? withOpen(recorded, number, true, written()) : recorded;
  });
  const isComplete = ended?.status === 'complete';
  context.log.step(
    `${work.does} ${name}/@r${number}/${work.item}: ${isComplete ? 'done' : `failed: ${ended?.error ?? ''}`}`,
  );
  // An item whose check fails waits.
  return isComplete || check !== undefined ? 'done' : 'failed';
}

/** Of an environment that is gone: as the deployment was given them. */
function attributesIn({ environment }: ReturnType<typeof plainOf>): Environment['attributes'] {
  if (typeof environment !== 'object' || environment === null || !('attributes' in environment)) return {};
  const { attributes } = environment;
  if (typeof attributes !== 'object' || attributes === null) return {};
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)]));
}
