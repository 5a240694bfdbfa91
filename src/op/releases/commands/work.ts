import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { RequestOf } from '../../kit/options/option.js';
import { shellWord } from '../../kit/process/shell-word.js';
import type { Release } from '../documents/shapes.js';
import { sourcesOf } from '../load/sources.js';
import { nextWork } from '../next/next-work.js';
import type { Snapshot, Work } from '../next/snapshot.js';
import type { dryRunOptions, placeOptions, workOptions } from '../options.js';
import { nameOfWork } from '../worker/act.js';
import { exec } from '../worker/execute.js';
import { runsHere } from '../worker/run-here.js';
import type { RunTekton } from '../worker/tekton.js';
import { workOn } from '../worker/work-on.js';
import { openPlace, repositoryOf } from './place.js';
import { conclude, waitingText } from './show-next.js';

type Request = RequestOf<typeof workOptions & typeof dryRunOptions>;

/** Whether work needs the code of a commit. */
const needsCode = (work: Work): work is Extract<Work, { do: 'run' | 'plan' }> =>
  work.do === 'run' || work.do === 'plan';

const releaseOfWork = ({ packages }: Snapshot, work: Work): Release | undefined =>
  'package' in work ? packages.get(work.package)?.releases.get(work.release) : undefined;

/**
 * `op work continue`: what is ready of releases of this commit; `op work any`: everything that is ready in this repository, at whatever
 * commit. @throws OpError
 */
export async function work(
  context: Context,
  request: Request,
  which: 'continue' | 'any',
  runTekton: RunTekton,
): Promise<void> {
  await using place = await openPlace(context, request);
  const repository = await repositoryOf(place);
  await using sources = sourcesOf(context, repository, place.records.valueNow);
  const first = await place.records.snapshot();
  const isOurs = (snapshot: Snapshot) => (one: Work) => {
    if (!('package' in one)) return which === 'any';
    if (!sources.has(one.package)) return false;
    return which === 'any' || releaseOfWork(snapshot, one)?.commit === repository.commit;
  };
  if (request.dryRun) {
    const ready = nextWork(first).ready.filter(isOurs(first));
    context.out(
      `${JSON.stringify(
        ready.map((one) => described(first, one)),
        undefined,
        2,
      )}\n`,
    );
    return;
  }
  const ofCommit = new Set<string>();
  const worked = await workOn(
    { ...place, runner: runsHere(sources, runTekton) },
    (one, snapshot) => {
      const ours = isOurs(snapshot)(one);
      if (!ours && needsCode(one)) ofCommit.add(nameOfWork(one));
      return ours;
    },
    request.parallel,
  );
  context.out(waitingText(worked.next.waiting));
  const left = worked.next.ready.filter((one) => ofCommit.has(nameOfWork(one)));
  if (left.length > 0) context.log.step(`${left.length} more ready elsewhere: op work trigger`);
  if (worked.next.ready.length === 0 && worked.next.waiting.length === 0) context.log.step('nothing is left to do');
  conclude(context, worked);
}

const described = (snapshot: Snapshot, one: Work) => ({
  ...one,
  name: nameOfWork(one),
  commit: releaseOfWork(snapshot, one)?.commit,
});

/** `op work trigger`: calls the trigger of `octopipeline.repo.ts` for each commit with work that is ready. @throws OpError */
export async function trigger(
  context: Context,
  request: RequestOf<typeof placeOptions & typeof dryRunOptions>,
): Promise<void> {
  await using place = await openPlace(context, request);
  const repository = await repositoryOf(place);
  await using sources = sourcesOf(context, repository, place.records.valueNow);
  const snapshot = await place.records.snapshot();
  // What goes on elsewhere is for whoever started it.
  const ready = nextWork(snapshot).ready.filter(
    (one) => one.do !== 'collect' && (!('package' in one) || sources.has(one.package)),
  );
  const commits = new Set(ready.map((one) => releaseOfWork(snapshot, one)?.commit ?? repository.commit));
  const { file = 'octopipeline.repo.ts' } = repository;
  const call = repository.definition?.trigger;
  if (request.dryRun || call === undefined) {
    const why = call === undefined && !request.dryRun ? `${file} has no trigger; by hand:\n` : '';
    if (why !== '' && commits.size > 0) context.log.step(why.trim());
    for (const commit of commits) context.out(`git checkout ${shellWord(commit)} && op work continue\n`);
    return;
  }
  if (commits.size === 0) context.log.step('nothing is ready');
  const log = (text: string) => context.log.step(text);
  const failures: { readonly commit: string; readonly error: Error }[] = [];
  for (const commit of commits) {
    context.log.step(`trigger ${commit}`);
    try {
      await call({
        commit,
        log,
        exec: (program, args = [], options) =>
          exec(context, { program, args, directory: repository.root, log, masked: (text) => text }, options),
      });
    } catch (error) {
      context.signal.throwIfAborted();
      // The others can start.
      failures.push({ commit, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  throw toolError({
    what: `the trigger of ${file} failed for ${failures.map(({ commit }) => commit).join(', ')}`,
    why: oneLine(first.error.message, 300),
    hint: 'correct it, and run this again: what is ready stays ready',
  });
}
