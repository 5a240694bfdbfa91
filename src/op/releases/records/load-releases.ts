import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import type { Release } from '../documents/shapes.js';
import { changedInputs } from '../next/deployments.js';
import { deployedRelease } from '../next/next-work.js';
import { itemsOf } from '../next/phases.js';
import type { PackageView, Snapshot } from '../next/snapshot.js';
import { packageOf, parseReference, releaseNumber } from '../reference/reference.js';

/** Documents that are read at once. */
const atOnce = 16;

type Read = (name: string, number: number) => Promise<Release | undefined>;

/** The snapshot with the releases that decide what is next; all others stay in the store, however many there are. */
export async function loadReleases(snapshot: Snapshot, read: Read): Promise<Snapshot> {
  const views = snapshot.packages;
  const wanted = [...views.values()].flatMap((view) => [...needed(view), ...changed(snapshot, view)]);
  const first = await load(views, wanted, read);
  return { ...snapshot, packages: await load(first, [...first.values()].flatMap(referenced), read) };
}

interface Wanted {
  readonly name: string;
  readonly number: number;
}

/** Those that are open, those that a new environment would get, and those that intent or a verdict leads back to. */
function needed(view: PackageView): readonly Wanted[] {
  const { name, document, intent } = view;
  const isBad = (number: number) => intent.verdicts[number]?.is === 'bad';
  const back = Object.entries(intent.deployments).flatMap(([environment, { release }]) => {
    const deployment = document.deployments[environment];
    const good = deployment?.history.findLast((one) => !isBad(one.release))?.release;
    if (isBad(release)) return good ?? [];
    return deployment?.current?.release === release ? [] : release;
  });
  return [...document.open, deployedRelease(view) ?? [], ...back].flat().map((number) => ({ name, number }));
}

/** Those of deployments whose inputs have changed: their gates count again. */
const changed = (snapshot: Snapshot, view: PackageView): readonly Wanted[] =>
  Object.keys(view.document.deployments).flatMap((environment) => {
    const number = changedInputs(snapshot, view, environment)?.release;
    return number === undefined ? [] : [{ name: view.name, number }];
  });

/** Releases that open releases name in their inputs. */
const referenced = ({ releases }: PackageView): readonly Wanted[] =>
  [...releases.values()]
    .filter(({ standing }) => standing === 'open')
    .flatMap(({ plan }) => itemsOf(plan))
    .flatMap(({ inputs }) => Object.values(inputs))
    .flatMap((input) => {
      if (!('ref' in input)) return [];
      const reference = parseReference(input.ref);
      const number = releaseNumber(reference.release);
      return number === undefined ? [] : [{ name: packageOf(reference), number }];
    });

async function load(
  views: ReadonlyMap<string, PackageView>,
  wanted: readonly Wanted[],
  read: Read,
): Promise<ReadonlyMap<string, PackageView>> {
  const missing = new Map(
    wanted
      .filter(({ name, number }) => views.has(name) && !views.get(name)?.releases.has(number))
      .map((one) => [`${one.name} ${one.number}`, one]),
  );
  const found = valuesOf(
    await mapConcurrently([...missing.values()], atOnce, ({ name, number }) => read(name, number)),
  );
  const more = new Map<string, [number, Release][]>();
  for (const one of found) {
    if (one === undefined) continue;
    const own = more.get(one.package);
    if (own === undefined) more.set(one.package, [[one.number, one]]);
    else own.push([one.number, one]);
  }
  return new Map(
    [...views].map(([name, view]) => {
      const own = more.get(name);
      return [name, own === undefined ? view : { ...view, releases: new Map([...view.releases, ...own]) }];
    }),
  );
}
