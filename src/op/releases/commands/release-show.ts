import type { Context } from '../../context.js';
import { table } from '../../kit/log/format.js';
import type { RequestOf } from '../../kit/options/option.js';
import type { PlanInput, Release } from '../documents/shapes.js';
import { sourcesOf } from '../load/sources.js';
import { mayBypass } from '../next/gates.js';
import { nextWork } from '../next/next-work.js';
import type { PackageView } from '../next/snapshot.js';
import type { drawnOptions, shownOptions } from '../options.js';
import { packageOf } from '../reference/reference.js';
import { mermaidOf } from '../report/mermaid.js';
import { plannedEnvironments } from '../worker/act.js';
import { oneWord, openPlace, referenceOf, releaseOf, repositoryOf } from './place.js';
import { waitingFor, waitingText } from './show-next.js';

type Request = RequestOf<typeof shownOptions>;
type Drawn = RequestOf<typeof drawnOptions>;

/** `op release list [FILE]`: the releases, the newest first. @throws OpError */
export async function listReleases(context: Context, request: Request, words: readonly string[]): Promise<void> {
  await using place = await openPlace(context, request);
  const [word] = words;
  const only = word === undefined ? undefined : packageOf(await referenceOf(place, word));
  const { packages } = await place.records.snapshot();
  const all = only === undefined ? await place.records.allReleases() : await place.records.releases(only);
  const found = all.filter((one) => packages.has(one.package));
  const newest = found
    .map((release) => withVerdict(release, packages.get(release.package)))
    .toSorted((a, b) => (a.created.at < b.created.at ? 1 : -1));
  if (request.output === 'json') context.out(`${JSON.stringify(newest, undefined, 2)}\n`);
  else {
    const rows = newest.map(({ ref, standing, commit, created }) => [
      ref,
      standing,
      commit.slice(0, 12),
      created.at,
      created.by,
    ]);
    context.out(`${table([['RELEASE', 'STANDING', 'COMMIT', 'CREATED', 'BY'], ...rows])}\n`);
  }
}

/** What people said of a release counts at once, before the next work writes it down. */
export const withVerdict = (release: Release, view: PackageView | undefined): Release => ({
  ...release,
  standing: view?.intent.verdicts[release.number]?.is ?? release.standing,
});

/** `op release show FILE[/@rN]`: its phases and items, what ran and what waits for what. @throws OpError */
export async function showRelease(context: Context, request: Drawn, words: readonly string[]): Promise<void> {
  await using place = await openPlace(context, request);
  const of = await releaseOf(
    place,
    await referenceOf(place, oneWord(words, 'release show', 'a release')),
    'number or tag',
  );
  const found = await place.records.release(of.package, of.number);
  if (found === undefined) return;
  const snapshot = await place.records.snapshot();
  const release = withVerdict(found, snapshot.packages.get(of.package));
  const waiting = waitingFor(nextWork(snapshot), of);
  if (request.output === 'json') {
    context.out(`${JSON.stringify({ ...release, waiting }, undefined, 2)}\n`);
    return;
  }
  const { ref, standing, commit, created, tags = [] } = release;
  if (request.output === 'mermaid') {
    context.out(mermaidOf(ref, release.plan, release.runs));
    return;
  }
  const named = tags.length === 0 ? '' : `tags ${tags.join(', ')}\n`;
  context.out(
    `${ref}: ${standing}\n${named}commit ${commit}, by ${created.by}, ${created.at}\n\n${linesOf(release)}\n`,
  );
  const text = waitingText(waiting);
  if (text !== '') context.out(`\n${text}`);
}

function linesOf({ plan, runs }: Release): string {
  const rows = plan.phases.flatMap(({ name, items }) => [
    [name],
    ...items.map(({ key }) => {
      const own = runs.filter(({ item }) => item === key);
      const last = own.at(-1);
      if (last === undefined) return [`  ${key}`, '-'];
      const { does, status, started, ended, error } = last;
      const took = ended === undefined ? '' : `${Math.round((Date.parse(ended) - Date.parse(started.at)) / 1000)} s`;
      return [
        `  ${key}`,
        does === 'call' ? status : `${does} ${status}`,
        `run ${last.number}`,
        started.at,
        took,
        error ?? '',
      ];
    }),
  ]);
  return table(rows);
}

/** `op release lint FILE` and `preview FILE`: the plan for the environments that there are, without running anything. @throws OpError */
export async function previewRelease(context: Context, request: Drawn, words: readonly string[]): Promise<void> {
  await using place = await openPlace(context, request);
  const repository = await repositoryOf(place);
  const name = packageOf(await referenceOf(place, oneWord(words, 'release preview', 'the file of a release')));
  const snapshot = await place.records.snapshot();
  const number = (snapshot.packages.get(name)?.document.newest ?? 0) + 1;
  // As the files are now: a preview is for changes that are not committed yet, too.
  await using sources = sourcesOf(context, { ...repository, isModified: false }, place.records.valueNow);
  const { plan, registered } = await sources.evaluate(
    { package: name, number, commit: repository.commit },
    plannedEnvironments(snapshot),
  );
  if (request.output === 'json') {
    context.out(`${JSON.stringify({ ...plan, registered }, undefined, 2)}\n`);
    return;
  }
  if (request.output === 'mermaid') {
    context.out(mermaidOf(`${name}/@r${number}`, plan));
    return;
  }
  const rows = plan.phases.flatMap((phase) => [
    [phase.name, phase.items.length === 0 ? 'no items' : ''],
    ...phase.items.map(({ key, inputs, gates, runs = {} }) => [
      `  ${key}`,
      Object.entries(runs)
        .map(([does, { kind, name: of }]) => (does === 'call' ? `${kind} ${of}` : `${does}: ${kind} ${of}`))
        .join(', '),
      Object.entries(inputs)
        .map(([input, value]) => `${input}=${inputText(value)}`)
        .join(' '),
      gates.map((gate) => (gate.is === 'approval' || mayBypass(gate) ? gate.is : `${gate.is} (no bypass)`)).join(', '),
    ]),
  ]);
  const made = registered.map((one) => [`environment ${one.name}`, JSON.stringify(one.attributes)]);
  context.out(`${table([[`${name}/@r${number}`], ...rows, ...made])}\n`);
}

const inputText = (input: PlanInput) =>
  'ref' in input
    ? `<${input.ref}${input.default === undefined ? '' : ` or ${JSON.stringify(input.default)}`}>`
    : JSON.stringify(input.value);
