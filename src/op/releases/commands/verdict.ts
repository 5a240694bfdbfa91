import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import type { RequestOf } from '../../kit/options/option.js';
import { shellWord } from '../../kit/process/shell-word.js';
import type { Intent } from '../documents/shapes.js';
import type { PackageView } from '../next/snapshot.js';
import type { placeOptions, reasonOptions } from '../options.js';
import { type Named, oneWord, openPlace, type Place, referenceOf, releaseOf } from './place.js';

type Request = RequestOf<typeof placeOptions & typeof reasonOptions>;

/** `op release bad FILE/@rN`: it never runs again, and whatever runs it goes back. @throws OpError */
export async function markBad(context: Context, request: Request, words: readonly string[]): Promise<void> {
  await using place = await openPlace(context, request);
  const of = await releaseOf(place, await referenceOf(place, oneWord(words, 'release bad', 'a release')));
  await place.records.changeIntent(of.package, (found) => withVerdict(found, of.number, 'bad', request, place));
  context.log.step(`${of.package}/@r${of.number} is bad; op work any takes it away`);
}

/** `op release abandon FILE/@rN`: nothing of it is done or tried again. @throws OpError (refused) when nothing of it is left */
export async function abandon(context: Context, request: Request, words: readonly string[]): Promise<void> {
  await using place = await openPlace(context, request);
  const of = await releaseOf(place, await referenceOf(place, oneWord(words, 'release abandon', 'a release')));
  const { packages } = await place.records.snapshot();
  const view = packages.get(of.package);
  const release = await place.records.release(of.package, of.number);
  const standing = view?.intent.verdicts[of.number]?.is ?? release?.standing;
  if (view === undefined || (standing !== 'open' && standing !== 'failed')) {
    throw refusedError({
      what: `nothing is left to abandon of ${of.package}/@r${of.number}`,
      why: `it is ${standing}`,
      hint: `op release list shows all; if it must not run, op release bad ${shellWord(`${of.package}/@r${of.number}`)}`,
    });
  }
  await place.records.changeIntent(of.package, (found) =>
    withoutWishFor(withVerdict(found, of.number, 'abandoned', request, place), of.number, view),
  );
  context.log.step(`${of.package}/@r${of.number} is abandoned: nothing of it is done or tried again`);
}

/** Whatever ends a release for good says so. @throws OpError (refused) */
export function refuseEnded({ package: name, number }: Named, intent: Intent | undefined): void {
  const verdict = intent?.verdicts[number];
  if (verdict === undefined) return;
  throw refusedError({
    what: `${name}/@r${number} does not go on`,
    why: `${verdict.written.by} said that it is ${verdict.is} (${verdict.reason || 'no reason given'})`,
    hint: 'make another release: op release new FILE, with --force for the same commit',
  });
}

/** Nobody can want a release that is bad. @throws OpError (refused) */
export function refuseBad(name: string, number: number, intent: Intent | undefined): void {
  const verdict = intent?.verdicts[number];
  if (verdict?.is !== 'bad') return;
  throw refusedError({
    what: `${name}/@r${number} cannot be deployed`,
    why: `${verdict.written.by} said that it is bad (${verdict.reason || 'no reason given'})`,
    hint: 'choose another one: op release list shows all',
  });
}

const withVerdict = (
  found: Intent,
  number: number,
  is: 'bad' | 'abandoned',
  { reason }: Request,
  { written }: Place,
): Intent => ({ ...found, verdicts: { ...found.verdicts, [number]: { is, reason, written: written() } } });

/** Where it was wanted and never arrived, what is there is wanted again. */
function withoutWishFor(found: Intent, number: number, { document }: PackageView): Intent {
  const deployments = Object.entries(found.deployments).flatMap(([environment, wanted]) => {
    const current = document.deployments[environment]?.current?.release;
    if (wanted.release !== number || current === number) return [[environment, wanted] as const];
    return current === undefined ? [] : [[environment, { ...wanted, release: current }] as const];
  });
  return { ...found, deployments: Object.fromEntries(deployments) };
}
