import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import type { RequestOf } from '../../kit/options/option.js';
import { shellWord } from '../../kit/process/shell-word.js';
import { forgetFailures, retryFailed, withOpen } from '../changes/changes.js';
import { sourcesOf } from '../load/sources.js';
import type { workOptions } from '../options.js';
import { runsHere } from '../worker/run-here.js';
import type { RunTekton } from '../worker/tekton.js';
import { workOn } from '../worker/work-on.js';
import { type Named, oneWord, openPlace, type Place, referenceOf, releaseOf, repositoryOf } from './place.js';
import { isOfRelease } from './release-new.js';
import { conclude, waitingFor, waitingText } from './show-next.js';
import { refuseEnded } from './verdict.js';

type Request = RequestOf<typeof workOptions>;

/** `op release continue FILE[/@rN]`: does what can be done of a release now. @throws OpError */
export async function continueRelease(
  context: Context,
  request: Request,
  words: readonly string[],
  runTekton: RunTekton,
): Promise<void> {
  await using place = await openPlace(context, request);
  const of = await releaseOf(
    place,
    await referenceOf(place, oneWord(words, 'release continue', 'a release')),
    'number or tag',
  );
  await goOn(place, request, of, runTekton);
}

/** `op release retry FILE[/@rN]`: runs again what has failed of a release. @throws OpError */
export async function retryRelease(
  context: Context,
  request: Request & { readonly later: boolean },
  words: readonly string[],
  runTekton: RunTekton,
): Promise<void> {
  await using place = await openPlace(context, request);
  const of = await releaseOf(
    place,
    await referenceOf(place, oneWord(words, 'release retry', 'a release')),
    'number or tag',
  );
  const { records, written } = place;
  const view = (await records.snapshot()).packages.get(of.package);
  refuseEnded(of, view?.intent);
  const release = await records.release(of.package, of.number);
  const failed = release?.runs.some(({ status }) => status === 'failed') ?? false;
  const failedThere = Object.values(view?.document.deployments ?? {}).some((one) => one.failed?.release === of.number);
  if (!failed && !failedThere) {
    throw refusedError({
      what: `nothing of ${of.package}/@r${of.number} has failed`,
      why: `it is ${release?.standing}`,
      hint: `op release show ${shellWord(`${of.package}/@r${of.number}`)} shows its items`,
    });
  }
  await records.changeRelease(of.package, of.number, (found) => retryFailed(found, written()));
  await records.changePackage(of.package, (found) =>
    forgetFailures(withOpen(found, of.number, true, written()), of.number, written()),
  );
  if (request.later) context.log.step(`${of.package}/@r${of.number}: what has failed may run again; next: op work any`);
  else await goOn(place, request, of, runTekton);
}

async function goOn(place: Place, request: Request, of: Named, runTekton: RunTekton): Promise<void> {
  const { context } = place;
  await using sources = sourcesOf(context, await repositoryOf(place), place.records.valueNow);
  const worked = await workOn({ ...place, runner: runsHere(sources, runTekton) }, isOfRelease(of), request.parallel);
  const release = await place.records.release(of.package, of.number);
  context.out(`${of.package}/@r${of.number}: ${release?.standing ?? 'gone'}\n`);
  context.out(waitingText(waitingFor(worked.next, of)));
  conclude(context, worked);
}
