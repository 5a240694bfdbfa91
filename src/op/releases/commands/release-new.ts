import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import type { RequestOf } from '../../kit/options/option.js';
import { shellWord } from '../../kit/process/shell-word.js';
import { withOpen } from '../changes/changes.js';
import { checkPlan } from '../changes/room.js';
import type { Environment, Release } from '../documents/shapes.js';
import type { Evaluated } from '../load/evaluate.js';
import { sourcesOf } from '../load/sources.js';
import type { Work } from '../next/snapshot.js';
import type { workOptions } from '../options.js';
import type { Records } from '../records/records.js';
import { packageOf } from '../reference/reference.js';
import { plannedEnvironments, type Worker } from '../worker/act.js';
import { runsHere } from '../worker/run-here.js';
import type { RunTekton } from '../worker/tekton.js';
import { workOn } from '../worker/work-on.js';
import { type Named, oneWord, openPlace, type Place, referenceOf, repositoryOf } from './place.js';
import { conclude, waitingFor, waitingText } from './show-next.js';

type NewRequest = RequestOf<typeof workOptions> & { readonly force: boolean };

/** `op release new FILE`: makes a release of the commit that is checked out, and does what can be done. @throws OpError */
export async function newRelease(
  context: Context,
  request: NewRequest,
  words: readonly string[],
  runTekton: RunTekton,
): Promise<void> {
  await using place = await openPlace(context, request);
  const repository = await repositoryOf(place);
  const reference = await referenceOf(place, oneWord(words, 'release new', 'the file of a release'));
  const name = packageOf(reference);
  await using sources = sourcesOf(context, repository, place.records.valueNow);
  if (repository.changed > 0) {
    const of = `the release is of commit ${repository.commit.slice(0, 12)}`;
    context.log.warn(
      `${of}: ${repository.isModified ? 'changes that are not committed are not in it' : 'the work tree has other files besides'}`,
    );
  }
  const { commit } = repository;
  const made = await makeRelease(place, name, request.force ? 'anew' : 'once', async (number, environments) => ({
    ...(await sources.evaluate({ package: name, number, commit }, environments)),
    commit,
  }));
  const worker: Worker = { ...place, runner: runsHere(sources, runTekton) };
  if (typeof made !== 'number') {
    for (const { name: environment, attributes } of made) {
      await place.records.wantEnvironment(environment, attributes);
      context.log.step(`environment ${environment}: wanted`);
    }
    conclude(context, await workOn(worker, (work) => !('package' in work), request.parallel));
    return;
  }
  context.out(`${name}/@r${made}\n`);
  const of = { package: name, number: made };
  const worked = await workOn(worker, isOfRelease(of), request.parallel);
  context.out(waitingText(waitingFor(worked.next, of)));
  conclude(context, worked);
}

/** The work of one release, what it closes of its package, and what intent wants of environments and custom state. */
export const isOfRelease =
  ({ package: name, number }: Named) =>
  (work: Work): boolean =>
    !('package' in work) || (work.package === name && (work.release === number || work.do === 'close'));

/** The plan of a release with this number, for these environments. */
type PlanRelease = (
  number: number,
  environments: readonly Environment[],
) => Promise<Pick<Evaluated, 'plan' | 'registered'> & Pick<Release, 'commit'>>;

/**
 * Makes a release.
 * @param when a commit that has a release is refused, gets another one, or goes on with that
 * @returns its number; for a file that only makes environments, these, which are not written yet
 */
export async function makeRelease(
  { records, written }: Place,
  name: string,
  when: 'once' | 'anew' | 'or go on',
  planRelease: PlanRelease,
): Promise<number | Evaluated['registered']> {
  const snapshot = await records.snapshot();
  const newest = snapshot.packages.get(name)?.document.newest ?? 0;
  for (let number = newest + 1; ; number += 1) {
    const environments = plannedEnvironments(snapshot);
    const { plan, registered, commit } = await planRelease(number, environments);
    if (registered.length > 0) return registered;
    const before = when === 'anew' ? undefined : await ofCommit(records, name, number - 1, commit);
    if (before !== undefined && when === 'or go on') return before.number;
    if (before !== undefined) {
      throw refusedError({
        what: `there is a release of this commit: ${before.ref}`,
        why: `it is ${before.standing}`,
        hint: `go on with it: op release continue ${shellWord(before.ref)}; or make another one: --force`,
      });
    }
    const created = written();
    const ref = `${name}/@r${number}`;
    const release: Release = {
      ref,
      package: name,
      number,
      commit,
      plan,
      created,
      standing: 'open',
      runs: [],
      written: created,
    };
    checkPlan(release);
    // Whoever looks for releases looks for packages first.
    if (number === 1)
      await records.changePackage(name, (found) => (found.newest > 0 ? found : { ...found, newest: 0 }));
    if ((await records.createRelease(release)) === 'conflict') continue;
    await records.changePackage(name, (found) => withOpen(found, number, true, written()));
    return number;
  }
}

/** How many releases are looked at for one of the same commit. */
const lookedAt = 20;

/** The newest release of a commit. */
export async function ofCommit({ release }: Records, name: string, newest: number, commit: string) {
  const numbers = Array.from({ length: Math.min(newest, lookedAt) }, (_, index) => newest - index);
  const found = await Promise.all(numbers.map((number) => release(name, number)));
  return found.find((one) => one?.commit === commit);
}
