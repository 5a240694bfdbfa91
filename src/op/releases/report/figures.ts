import type { Release, Run } from '../documents/shapes.js';
import { environmentOf } from '../next/snapshot.js';

/** The four figures of DORA, for one environment. Times are in milliseconds; undefined when nothing happened that would tell. */
export interface Figures {
  readonly environment: string;
  /** Releases that came there. */
  readonly deployments: number;
  readonly perDay: number;
  /** From the making of a release until it was there: the median. */
  readonly leadTime: number | undefined;
  /** The share of changes that failed there, or brought a release that was called bad. */
  readonly failureRate: number | undefined;
  /** From a failure until something was deployed again: the median. */
  readonly timeToRestore: number | undefined;
}

const day = 24 * 3_600_000;

/** One change of an environment. */
interface Change {
  readonly package: string;
  readonly environment: string;
  readonly release: Release;
  readonly at: number;
  readonly failed: boolean;
}

/**
 * Figures by environment, of what happened since a time. A deployment that is repeated for another input is no change of the release, and
 * counts for nothing but an end of a failure.
 * @param isBad whether somebody gave a release the verdict
 */
export function figuresOf(
  releases: readonly Release[],
  { since, now, isBad }: { readonly since: Date; readonly now: Date; readonly isBad: (release: Release) => boolean },
): readonly Figures[] {
  const changes = releases
    .flatMap((release) => release.runs.flatMap((run) => changeOf(release, run)))
    .filter(({ at }) => at >= since.getTime() && at <= now.getTime())
    .toSorted((a, b) => a.at - b.at);
  const environments = [...new Set(changes.map(({ environment }) => environment))].toSorted();
  const days = Math.max(1, (now.getTime() - since.getTime()) / day);
  return environments.map((environment) => {
    const here = changes.filter((one) => one.environment === environment);
    const came = firstOfEach(here.filter(({ failed }) => !failed));
    const wrong = here.filter((one) => one.failed || isBad(one.release));
    const tried = firstOfEach(here);
    return {
      environment,
      deployments: came.length,
      perDay: came.length / days,
      leadTime: median(came.map(({ at, release }) => at - Date.parse(release.created.at))),
      failureRate: tried.length === 0 ? undefined : firstOfEach(wrong).length / tried.length,
      timeToRestore: median(wrong.flatMap((one) => restoredAfter(here, one, isBad))),
    };
  });
}

function changeOf(release: Release, run: Run): readonly Change[] {
  const environment = environmentOf(run.item);
  const ended = run.status === 'complete' || run.status === 'failed' || run.status === 'retried';
  if (environment === undefined || run.does !== 'up' || !ended || run.ended === undefined) return [];
  const failed = run.status !== 'complete';
  return [{ package: release.package, environment, release, at: Date.parse(run.ended), failed }];
}

const firstOfEach = (changes: readonly Change[]): readonly Change[] =>
  changes.filter((one, index) => changes.findIndex(({ release }) => release === one.release) === index);

/** How long until a good release was there after a failure, if one was. */
function restoredAfter(
  here: readonly Change[],
  wrong: Change,
  isBad: (release: Release) => boolean,
): readonly number[] {
  const next = here.find(
    (one) => one.package === wrong.package && one.at > wrong.at && !one.failed && !isBad(one.release),
  );
  return next === undefined ? [] : [next.at - wrong.at];
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
