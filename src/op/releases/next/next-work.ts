import { sameJson } from '../documents/signature.js';
import { leaving, nextDowns, nextOfPlace, placesIn, placesOf } from './deployments.js';
import { newEnvironments, nextOfRelease } from './phases.js';
import {
  claimOf,
  environmentOf,
  type Next,
  type PackageView,
  type RunWork,
  type Snapshot,
  type Waiting,
  type Work,
} from './snapshot.js';

/**
 * What can be done now, and what waits for what. It depends on nothing but the documents, so whoever asks gets the same answer, and two
 * who do the same work find the same documents changed.
 */
export function nextWork(snapshot: Snapshot): Next {
  const ready: Work[] = [...nextSettings(snapshot)];
  const waiting: Waiting[] = [];
  const downs = nextDowns(snapshot);
  ready.push(...downs.work);
  waiting.push(...downs.waiting);
  for (const view of snapshot.packages.values()) {
    const next = nextOfPackage(snapshot, view);
    ready.push(...next.ready);
    waiting.push(...next.waiting);
  }
  return afterThoseAway(snapshot, { ready, waiting });
}

/** Nothing begins where a run goes on elsewhere. Its end is written also when nothing asks for it any more. */
function afterThoseAway({ packages }: Snapshot, { ready, waiting }: Next): Next {
  const away = new Map([...packages.values()].flatMap(({ document }) => Object.entries(document.away ?? {})));
  if (away.size === 0) return { ready, waiting };
  const collect = [...packages.values()].flatMap(({ name, document }) =>
    Object.values(document.away ?? {}).map(
      ({ release, item, run, in: place }) => ({ do: 'collect', package: name, release, item, run, in: place }) as const,
    ),
  );
  const isHeld = (work: Work): work is RunWork => work.do === 'run' && away.has(claimOf(work));
  const held = ready.filter(isHeld).map((work): Waiting => {
    const { package: name, release, item } = work;
    return { package: name, release, item, kind: 'away', for: `the end of ${away.get(claimOf(work))?.in}` };
  });
  return { ready: [...collect, ...ready.filter((work) => !isHeld(work))], waiting: [...waiting, ...held] };
}

/** Environments and custom state become what intent says. An environment goes last, when nothing is deployed there. */
function nextSettings(snapshot: Snapshot): readonly Work[] {
  const { environments, wantedEnvironments, custom, wantedCustom } = snapshot;
  const used = new Set(
    placesOf(snapshot).flatMap(({ environment, deployment }) =>
      deployment.current === undefined ? [] : [environment],
    ),
  );
  for (const { document } of snapshot.packages.values()) {
    for (const { item } of Object.values(document.away ?? {})) used.add(environmentOf(item) ?? '');
  }
  return [
    ...[...wantedEnvironments]
      .filter(([name, attributes]) => !sameJson(environments.get(name)?.attributes, attributes))
      .map(([name]) => ({ do: 'set-environment', name }) as const),
    ...[...environments.keys()]
      .filter((name) => !wantedEnvironments.has(name) && !used.has(name))
      .map((name) => ({ do: 'remove-environment', name }) as const),
    ...[...wantedCustom]
      .filter(([ref, value]) => !sameJson(custom.get(ref), value))
      .map(([ref]) => ({ do: 'set-custom', ref }) as const),
    ...[...custom.keys()].filter((ref) => !wantedCustom.has(ref)).map((ref) => ({ do: 'remove-custom', ref }) as const),
  ];
}

function nextOfPackage(snapshot: Snapshot, view: PackageView): Next {
  const ready: Work[] = [];
  const waiting: Waiting[] = [];
  const candidates: RunWork[] = [];
  // The newest first: it is what an environment should get.
  const open = view.document.open.toSorted((a, b) => b - a).flatMap((number) => view.releases.get(number) ?? []);
  for (const release of open) {
    const next = nextOfRelease(snapshot, view, release);
    ready.push(...next.work);
    waiting.push(...next.waiting);
    candidates.push(...next.candidates);
  }
  const deployed = view.releases.get(deployedRelease(view) ?? 0);
  if (deployed !== undefined && deployed.standing !== 'open') {
    const missing = newEnvironments(snapshot, deployed.plan);
    const of = { package: view.name, release: deployed.number };
    if (missing.length > 0) ready.push({ do: 'plan', ...of, why: `for ${missing.join(', ')}` });
  }
  const taken = new Map<string, number>();
  for (const place of placesIn(view)) {
    if (leaving(snapshot, place) !== undefined) taken.set(place.environment, 0);
  }
  for (const run of candidates) {
    const environment = environmentOf(run.item);
    const before = environment === undefined ? undefined : taken.get(environment);
    if (before === undefined) {
      ready.push(run);
      if (environment !== undefined) taken.set(environment, run.release);
    } else {
      const first = before === 0 ? 'the teardown of what is there' : `r${before}, which is newer`;
      waiting.push({ package: view.name, release: run.release, item: run.item, kind: 'newer', for: first });
    }
  }
  for (const environment of Object.keys(view.intent.deployments)) {
    if (taken.has(environment)) continue;
    const next = nextOfPlace(snapshot, view, environment);
    if (next === undefined) continue;
    if ('do' in next) ready.push(next);
    else waiting.push(next);
  }
  return { ready, waiting };
}

/** The newest release that is deployed somewhere and is not bad: what a new environment gets. */
export function deployedRelease({ document, intent }: Pick<PackageView, 'document' | 'intent'>): number | undefined {
  const numbers = Object.values(document.deployments).flatMap(({ current }) => current?.release ?? []);
  const good = numbers.filter((release) => intent.verdicts[release] === undefined);
  return good.length === 0 ? undefined : Math.max(...good);
}
