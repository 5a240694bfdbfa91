import { type Json, sizeOf } from '../../store/documents/body.js';
import { mostTags } from '../documents/names.js';
import type { Away, Deployment, Package, Release, Run, Standing, Written } from '../documents/shapes.js';
import { runSignature } from '../next/deployments.js';
import { environmentOf, type RunWork } from '../next/snapshot.js';
import { fitted, noRoom, packageFits } from './room.js';

/** How many deployments of an environment are remembered. */
const remembered = 20;

/** What a run that starts is given by its environment. */
export interface Turn {
  readonly environment: string;
  readonly serial: number;
}

/** The number of the next run of an item. */
export const nextNumber = ({ runs }: Pick<Release, 'runs'>, item: string): number =>
  Math.max(0, ...runs.filter((one) => one.item === item).map((one) => one.number)) + 1;

/**
 * A release with one more run. One that is still running there has lost its process: whoever writes this holds the lock of the item.
 * @throws OpError (refused) when the document has no room for it
 */
export function startRun(
  release: Release,
  { item, does, inputs, why }: RunWork,
  turn: Turn | undefined,
  written: Written,
): { readonly release: Release; readonly run: Run } {
  const number = nextNumber(release, item);
  const run: Run = { item, number, does, status: 'running', ...turn, why, inputs: { ...inputs }, started: written };
  const earlier = release.runs.map((one): Run => {
    return one.item === item && one.status === 'running' ? { ...one, status: 'lost', ended: written.at } : one;
  });
  const started = { ...release, runs: [...earlier, run], written };
  const fitting = fitted(started);
  if (fitting === undefined) throw noRoom(started, item);
  return { release: fitting, run };
}

/** How a run ended. */
export type Ending =
  | {
      readonly status: 'complete';
      readonly output: Readonly<Record<string, Json>>;
      /** Names that the release gets. */
      readonly tags?: readonly string[];
    }
  | { readonly status: 'failed'; readonly error: string };

/** The same release after the end of a run. When its document has no room for the output, the run has failed. */
export function endRun(
  release: Release,
  ended: Pick<Run, 'item' | 'number'>,
  ending: Ending,
  written: Written,
): Release {
  const after = (ending: Ending): Release => {
    const { tags = [], ...how } = { tags: undefined, ...ending };
    const all = [...new Set([...(release.tags ?? []), ...tags])].slice(-mostTags);
    return {
      ...release,
      ...(all.length === 0 ? {} : { tags: all }),
      runs: release.runs.map((one): Run => {
        return one.item === ended.item && one.number === ended.number ? { ...one, ...how, ended: written.at } : one;
      }),
      written,
    };
  };
  const whole = after(ending);
  return fitted(whole) ?? after(tooLarge(ending, release.ref));
}

/** What a run becomes whose output does not fit into the document of its release or package. */
function tooLarge(ending: Ending, document: string): Ending {
  if (ending.status === 'failed') return ending;
  const size = sizeOf(ending.output);
  const why = `its output of ${size} bytes does not fit into ${document} in the store`;
  return { status: 'failed', error: `${why}: return references to large values (a digest, a URL)` };
}

/** How a run ended, when the package has room for its output; else, that it failed. */
export function endingFor(document: Package, release: number, run: Run, ending: Ending, written: Written): Ending {
  const { tags: _, ...how } = { tags: undefined, ...ending };
  const after = recordRun(document, release, { ...run, ...how }, written);
  return packageFits(after) ? ending : tooLarge(ending, document.ref);
}

/** The package after the end of a run; the same if it has that already, or something newer. */
export function recordRun(document: Package, release: number, run: Run, written: Written): Package {
  if (run.does === 'check') return document;
  const environment = environmentOf(run.item);
  if (environment === undefined) return recordCall(document, release, run, written);
  const before = document.deployments[environment];
  const serial = run.serial ?? 0;
  if ((before?.serial ?? 0) >= serial) return document;
  const after = deploymentAfter(before, release, run, written);
  return { ...document, deployments: { ...document.deployments, [environment]: after }, written };
}

function deploymentAfter(before: Deployment | undefined, release: number, run: Run, written: Written): Deployment {
  const { does, inputs, output = {}, serial = 0, environment = '', status, error = '' } = run;
  const same = before?.environment === environment;
  const base: Deployment = {
    serial,
    environment,
    highest: same ? before.highest : 0,
    history: before?.history ?? [],
    ...(before?.current === undefined ? {} : { current: before.current }),
  };
  if (status !== 'complete') {
    const signature = runSignature({ does, release, inputs });
    return { ...base, failed: { does, release, run: run.number, signature, error, at: written.at } };
  }
  if (does === 'down') {
    const { current: _, ...gone } = base;
    return gone;
  }
  const since = { ...run.started, at: run.ended ?? written.at };
  return {
    ...base,
    highest: Math.max(base.highest, release),
    current: { release, run: run.number, inputs, output, since },
    history: [...base.history, { release, at: since.at, by: since.by }].slice(-remembered),
  };
}

function recordCall(document: Package, release: number, run: Run, written: Written): Package {
  const name = run.item.slice('task/'.length);
  const known = document.tasks[name];
  const newer = known === undefined || release > known.release || (release === known.release && run.number > known.run);
  if (run.status !== 'complete' || !newer) return document;
  const since = { ...run.started, at: run.ended ?? written.at };
  const task = { release, run: run.number, output: run.output ?? {}, since };
  return { ...document, tasks: { ...document.tasks, [name]: task }, written };
}

/** A release that has ended, or goes on. */
export const withStanding = (release: Release, standing: Standing, written: Written): Release => ({
  ...release,
  standing,
  written,
});

/**
 * The package with a release that is open, or is not. One between those that it lists and this one is open too: its maker was killed before
 * it could list it.
 */
export function withOpen(document: Package, release: number, open: boolean, written: Written): Package {
  const unlisted = Array.from(
    { length: Math.max(0, release - document.newest - 1) },
    (_, at) => document.newest + 1 + at,
  );
  const others = [...document.open, ...unlisted].filter((number) => number !== release);
  const list = open ? [...others, release].toSorted((a, b) => a - b) : others;
  return { ...document, newest: Math.max(document.newest, release), open: list, written };
}

/** The package with a run that goes on elsewhere, or without one. @param what it holds, see `claimOf` */
export function withAway(document: Package, what: string, run: Away | undefined, written: Written): Package {
  const { [what]: _, ...others } = document.away ?? {};
  return { ...document, away: run === undefined ? others : { ...others, [what]: run }, written };
}

/** A release without a run that ended without a word. */
export const loseRun = (release: Release, lost: Pick<Run, 'item' | 'number'>, written: Written): Release => ({
  ...release,
  runs: release.runs.map((one): Run => {
    const isIt = one.item === lost.item && one.number === lost.number && one.status === 'running';
    return isIt ? { ...one, status: 'lost', ended: written.at } : one;
  }),
  written,
});

/** A release whose failed runs may run again. */
export const retryFailed = (release: Release, written: Written): Release => ({
  ...release,
  standing: 'open',
  runs: release.runs.map((run): Run => (run.status === 'failed' ? { ...run, status: 'retried' } : run)),
  written,
});

/** The package without the failures of a release: what failed is tried again. */
export function forgetFailures(document: Package, release: number, written: Written): Package {
  const deployments = Object.fromEntries(
    Object.entries(document.deployments).map(([name, { failed, ...rest }]): [string, Deployment] => [
      name,
      failed === undefined || failed.release === release ? rest : { ...rest, failed },
    ]),
  );
  return { ...document, deployments, written };
}
