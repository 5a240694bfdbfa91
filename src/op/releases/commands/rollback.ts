import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import type { RequestOf } from '../../kit/options/option.js';
import type { PackageView } from '../next/snapshot.js';
import type { environmentOptions, placeOptions, reasonOptions, untilOptions } from '../options.js';
import { packageOf } from '../reference/reference.js';
import { oneWord, openPlace, type Place, referenceOf, releaseOf, timeOf } from './place.js';
import { refuseBad } from './verdict.js';

type There = RequestOf<typeof placeOptions & typeof environmentOptions>;
type Request = There & RequestOf<typeof reasonOptions>;

/** `op release rollback FILE`: back to the release before, or to the one that is named. @throws OpError */
export async function rollBack(
  context: Context,
  request: Request & { readonly to?: string | undefined; readonly hold: boolean },
  words: readonly string[],
): Promise<void> {
  await using place = await openPlace(context, request);
  const view = await viewOf(place, oneWord(words, 'release rollback', 'the file of a release'));
  const { records, written } = place;
  for (const environment of placesIn(view, request.environment)) {
    const to = request.to === undefined ? before(view, environment) : await numbered(place, view, request.to);
    if (to === undefined) {
      throw refusedError({
        what: `${view.name} cannot go back in ${environment}`,
        why: 'no other good release was deployed there',
        hint: 'name one with --to; op release list shows all',
      });
    }
    refuseBad(view.name, to, view.intent);
    await records.changeIntent(view.name, (found) => ({
      ...found,
      deployments: { ...found.deployments, [environment]: { release: to, written: written() } },
      holds: request.hold
        ? { ...found.holds, [environment]: { reason: request.reason, written: written() } }
        : found.holds,
    }));
    context.log.step(`${view.name} goes back to r${to} in ${environment}; op work any does it`);
  }
}

/** `op release hold FILE`: no other release goes there by itself. @throws OpError */
export async function hold(
  context: Context,
  request: Request & RequestOf<typeof untilOptions>,
  words: readonly string[],
): Promise<void> {
  await using place = await openPlace(context, request);
  const view = await viewOf(place, oneWord(words, 'release hold', 'the file of a release'));
  const { records, written } = place;
  const until = timeOf(request.until, context.now());
  const held = { reason: request.reason, ...(until === undefined ? {} : { until }), written: written() };
  for (const environment of placesIn(view, request.environment)) {
    await records.changeIntent(view.name, (found) => ({ ...found, holds: { ...found.holds, [environment]: held } }));
    context.log.step(`${view.name} is held in ${environment}`);
  }
}

/** `op release unhold FILE`. @throws OpError (refused) when nothing is held there */
export async function unhold(context: Context, request: There, words: readonly string[]): Promise<void> {
  await using place = await openPlace(context, request);
  const view = await viewOf(place, oneWord(words, 'release unhold', 'the file of a release'));
  const held = Object.keys(view.intent.holds);
  const free = request.environment.find((environment) => !held.includes(environment));
  if (free !== undefined || held.length === 0) {
    throw refusedError({
      what: `${view.name} is not held${free === undefined ? '' : ` in ${free}`}`,
      why: held.length === 0 ? 'it has no hold' : `it is held in ${held.join(', ')}`,
      hint: 'op status shows what is held; op environment unhold ends a hold of all packages',
    });
  }
  for (const environment of request.environment.length === 0 ? held : request.environment) {
    await place.records.changeIntent(view.name, (found) => {
      const { [environment]: _, ...holds } = found.holds;
      return { ...found, holds };
    });
    context.log.step(`${view.name} is not held in ${environment}; op work any goes on`);
  }
}

async function viewOf(place: Place, word: string): Promise<PackageView> {
  const name = packageOf(await referenceOf(place, word));
  const view = (await place.records.snapshot()).packages.get(name);
  if (view !== undefined) return view;
  throw refusedError({
    what: `${name} has no release`,
    why: `none is in ${place.records.stores.state.place}`,
    hint: 'op release list shows all; op release new FILE makes one',
  });
}

function placesIn({ name, document }: PackageView, asked: readonly string[]): readonly string[] {
  const there = Object.entries(document.deployments).flatMap(([environment, { current }]) =>
    current ? [environment] : [],
  );
  const unknown = asked.find((environment) => !there.includes(environment));
  if (unknown === undefined && there.length > 0) return asked.length === 0 ? there : asked;
  throw refusedError({
    what: `${name} is not deployed${unknown === undefined ? '' : ` in ${unknown}`}`,
    why: there.length === 0 ? 'it is deployed nowhere' : `it is in ${there.join(', ')}`,
    hint: 'op status shows what is where',
  });
}

/** The release that was there before, and is not bad. */
function before({ document, intent }: PackageView, environment: string): number | undefined {
  const deployment = document.deployments[environment];
  return deployment?.history.findLast(
    ({ release }) => release !== deployment.current?.release && intent.verdicts[release]?.is !== 'bad',
  )?.release;
}

const numbered = async (place: Place, view: PackageView, release: string) =>
  (await releaseOf(place, await referenceOf(place, `${view.name}/@${release}`))).number;
