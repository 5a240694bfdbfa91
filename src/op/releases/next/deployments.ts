import { shellWord } from '../../kit/process/shell-word.js';
import type { Deployment } from '../documents/shapes.js';
import { sameJson, signatureOf } from '../documents/signature.js';
import { packageOf, parseReference } from '../reference/reference.js';
import { lastOf, plainOf, refreshInputs, resolveInputs } from './inputs.js';
import { closedBefore, holdOf, itemsOf, standOfItem, unlessBroken } from './phases.js';
import { type PackageView, type RunWork, type Snapshot, standingEnvironment, type Waiting } from './snapshot.js';

/** A deployment of a package to an environment. */
export interface Place {
  readonly view: PackageView;
  readonly environment: string;
  readonly deployment: Deployment;
}

/** The deployments of one package. */
export const placesIn = (view: PackageView): readonly Place[] =>
  Object.entries(view.document.deployments).map(([environment, deployment]) => ({ view, environment, deployment }));

export const placesOf = (snapshot: Snapshot): readonly Place[] =>
  [...snapshot.packages.values()].flatMap((view) => placesIn(view));

/** What is compared to know that a failed run would only be the same again. */
export const runSignature = ({ does, release, inputs }: Pick<RunWork, 'does' | 'release' | 'inputs'>): string =>
  signatureOf({ does, release, inputs: plainOf(inputs) });

/** Whether a deployment should go away, and why. */
export function leaving(snapshot: Snapshot, { view, environment, deployment }: Place): string | undefined {
  if (deployment.current === undefined) return undefined;
  if (standingEnvironment(snapshot, environment) === undefined) return 'environment removed';
  return view.intent.deployments[environment] === undefined ? 'intent removed' : undefined;
}

/** The `down` of each deployment that should go: first those that need others, then the others. */
export function nextDowns(snapshot: Snapshot): {
  readonly work: readonly RunWork[];
  readonly waiting: readonly Waiting[];
} {
  const places = placesOf(snapshot).filter((place) => leaving(snapshot, place) !== undefined);
  const needs = new Map(places.map((place) => [keyOf(place), needsOf(place)]));
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    [...(needs.get(from) ?? [])].some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  const work: RunWork[] = [];
  const waiting: Waiting[] = [];
  for (const place of places) {
    const { view, environment, deployment } = place;
    const { current } = deployment;
    if (current === undefined) continue;
    const own = keyOf(place);
    const of = { package: view.name, release: current.release, item: `deploy/${environment}` } as const;
    // Of two that need each other none can be first, so neither waits.
    const users = places.map(keyOf).filter((other) => reaches(other, own) && !reaches(own, other));
    const [user] = users;
    const inputs = refreshInputs(snapshot, own, current.inputs);
    const run: RunWork = { do: 'run', ...of, does: 'down', inputs, why: leaving(snapshot, place) ?? '' };
    const failed = failedOf(deployment, run);
    if (user !== undefined) waiting.push({ ...of, kind: 'order', for: `the teardown of ${user}` });
    else if (failed !== undefined) waiting.push(failedBefore(view, failed, environment));
    else work.push(run);
  }
  return { work, waiting };
}

const keyOf = ({ view, environment }: Pick<Place, 'view' | 'environment'>) => `${view.name}/@/deploy/${environment}`;

/** The deployments whose output it has as an input. */
function needsOf({ deployment }: Place): ReadonlySet<string> {
  const references = Object.values(deployment.current?.inputs ?? {}).flatMap(({ ref }) => ref ?? []);
  return new Set(
    references.flatMap((text) => {
      const reference = parseReference(text);
      return reference.type === 'deploy' ? [`${packageOf(reference)}/@/deploy/${reference.subpath}`] : [];
    }),
  );
}

/** The newest run, when it failed and the next one would be the same. */
const failedOf = ({ failed }: Deployment, run: RunWork) =>
  failed?.signature === runSignature(run) ? failed : undefined;

type Failed = Pick<NonNullable<Deployment['failed']>, 'release' | 'does' | 'error'>;

const failedBefore = (view: PackageView, { release, does, error }: Failed, environment: string): Waiting => ({
  package: view.name,
  release,
  item: `deploy/${environment}`,
  kind: 'failed',
  for: `somebody to look at it: its ${does} failed (${error})`,
  hint: `op release retry ${shellWord(`${view.name}/@r${release}`)}`,
});

/** The inputs that a deployment would get now, if one is another than the one that it got. */
export function changedInputs(
  snapshot: Snapshot,
  { name, document }: PackageView,
  environment: string,
): Pick<RunWork, 'release' | 'inputs' | 'why'> | undefined {
  const current = document.deployments[environment]?.current;
  if (current === undefined) return undefined;
  const inputs = refreshInputs(snapshot, `${name}/@/deploy/${environment}`, current.inputs);
  const changed = Object.keys(inputs).filter((one) => !sameJson(inputs[one]?.value, current.inputs[one]?.value));
  return changed.length === 0 ? undefined : { release: current.release, inputs, why: `changed: ${changed.join(', ')}` };
}

/**
 * What one environment of a package should run, other than by a release that goes on: what intent says, never a bad release, and the same
 * release again when an input has changed. For other inputs the gates count again: nobody has said yes to these.
 */
export function nextOfPlace(snapshot: Snapshot, view: PackageView, environment: string): RunWork | Waiting | undefined {
  const release = view.intent.deployments[environment]?.release ?? 0;
  const of = { package: view.name, release, item: `deploy/${environment}` };
  return unlessBroken(of, () => lookAtPlace(snapshot, view, environment));
}

function lookAtPlace(snapshot: Snapshot, view: PackageView, environment: string): RunWork | Waiting | undefined {
  const wanted = view.intent.deployments[environment];
  if (wanted === undefined || standingEnvironment(snapshot, environment) === undefined) return undefined;
  const deployment = view.document.deployments[environment];
  const current = deployment?.current;
  const isBad = (release: number) => view.intent.verdicts[release]?.is === 'bad';
  const of = { package: view.name, item: `deploy/${environment}` } as const;
  let release = wanted.release;
  let why = 'intent';
  if (isBad(release)) {
    if (current !== undefined && !isBad(current.release)) release = current.release;
    else {
      const good = deployment?.history.findLast((one) => !isBad(one.release));
      if (good === undefined) {
        if (current === undefined) return undefined;
        return {
          ...of,
          release,
          kind: 'input',
          for: `a release that is good: r${release} is bad, and no other was deployed there`,
        };
      }
      release = good.release;
      why = `r${wanted.release} is bad`;
    }
  }
  if (current?.release === release) {
    const changed = changedInputs(snapshot, view, environment);
    return changed && againBehindGates(snapshot, view, { do: 'run', ...of, does: 'up', ...changed });
  }
  const found = view.releases.get(release);
  const item = found && itemsOf(found.plan).find(({ key }) => key === of.item);
  if (found === undefined || item === undefined) {
    return { ...of, release, kind: 'input', for: `a release r${release} that deploys to ${environment}` };
  }
  // An open release goes on by its phases and gates.
  if (found.standing === 'open' && standOfItem(snapshot, view, found, item) !== 'complete') return undefined;
  const runs = found.runs.filter((run) => run.item === of.item && run.does === 'up');
  const before = lastOf(runs, ({ status }) => status === 'complete')?.inputs ?? {};
  const { inputs: now, missing } = resolveInputs(snapshot, item.inputs);
  const unknown = missing.filter(({ name }) => before[name] === undefined);
  if (unknown.length > 0) return { ...of, release, kind: 'input', for: unknown.map(({ ref }) => ref).join(', ') };
  const stored = missing.map(({ name, ref }) => [name, before[name] ?? { ref, value: null }] as const);
  const inputs = { ...now, ...Object.fromEntries(stored) };
  const last = runs.at(-1);
  if (last?.status === 'failed' && sameJson(plainOf(last.inputs), plainOf(inputs))) {
    return failedBefore(view, { release, does: 'up', error: last.error ?? '' }, environment);
  }
  const run: RunWork = { do: 'run', ...of, release, does: 'up', inputs, why };
  // Who wants another release there, as with a rollback, has decided; nobody has when a value changes after a failure.
  const isDecided = release !== wanted.release || last === undefined || wanted.written.at > last.started.at;
  return isDecided || sameJson(plainOf(last.inputs), plainOf(inputs))
    ? unlessFailed(view, run)
    : againBehindGates(snapshot, view, run);
}

function unlessFailed(view: PackageView, run: RunWork): RunWork | Waiting {
  const environment = run.item.slice('deploy/'.length);
  const deployment = view.document.deployments[environment];
  const failed = deployment && failedOf(deployment, run);
  return failed === undefined ? run : failedBefore(view, failed, environment);
}

/** A run for other inputs, when nothing is held there, and the gates are open for these. */
function againBehindGates(snapshot: Snapshot, view: PackageView, run: RunWork): RunWork | Waiting {
  const next = unlessFailed(view, run);
  const release = view.releases.get(run.release);
  const item = release && itemsOf(release.plan).find(({ key }) => key === run.item);
  if (!('do' in next)) return next;
  const { package: name, release: number } = run;
  if (release === undefined || item === undefined) {
    const what = `a release r${number} that has ${run.item}`;
    return { package: name, release: number, item: run.item, kind: 'input', for: what };
  }
  const held = holdOf(snapshot, view, run.item.slice('deploy/'.length));
  if (held !== undefined) return { package: name, release: number, item: run.item, kind: 'hold', ...held };
  return closedBefore(snapshot, view, release, item, run.inputs) ?? next;
}
