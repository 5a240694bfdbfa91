import type { Context } from '../../context.js';
import { withTemporaryDirectory } from '../../kit/files/temporary.js';
import { countOf } from '../../kit/log/table.js';
import { parseResultPaths, writeResults } from '../../kit/results/results.js';
import type { BuiltImage } from '../build-result/build-result.js';
import { chooseEngine } from '../plan/engine.js';
import type { BuildRequest } from '../plan/options.js';
import { checkFeasible, planBuild } from '../plan/plan.js';
import { type Prepared, prepared } from '../plan/prepare.js';
import { dependenciesFirst } from '../skaffold/artifacts.js';
import { dryRun } from '../skaffold/build.js';
import { buildImages } from './build-images.js';
import { checkBuilder } from './check.js';
import { outcomesOf } from './outcomes.js';
import { buildOutputs, sourceOutputs } from './outputs.js';
import { runSkaffold } from './run-skaffold.js';
import { type Outcome, summarize } from './summary.js';
import { withThrowAwayRegistry } from './throw-away-registry.js';

/**
 * Builds every image of skaffold.yaml and pushes none; writes no build_result.json, because there is nothing that a later stage
 * could use. What Skaffold builds with a Docker daemon stays there. Engines that push are given a registry that lives only as
 * long as the build: so the same images are really built, also in a pod.
 * @throws OpError (input, tool, deadline)
 */
export async function build(outer: Context, request: BuildRequest): Promise<void> {
  const results = parseResultPaths(request.result, buildOutputs);
  await prepared(outer, request, {}, async (ready) => {
    const { context, project, artifacts, around } = ready;
    const { log, cwd } = context;
    const stays =
      around.daemon &&
      artifacts.artifacts.every((artifact) => chooseEngine(artifact, request.engine, around).engine === 'skaffold');
    const where = stays
      ? 'into the Docker daemon'
      : `and throwing the images away${around.daemon ? '' : ': no Docker daemon answers'}`;
    log.step(`building the images of ${project.file} in ${cwd}, ${where}`);
    if (ready.profile !== undefined) log.step(`profile ${ready.profile}`);
    const outcomes = stays
      ? await intoDaemon(ready, request)
      : await withThrowAwayRegistry(context, (registry) => intoRegistry(ready, request, registry));
    const warning = await writeResults(results, sourceOutputs(ready.head, request.gitUrl));
    if (warning !== undefined) log.warn(warning);
    log.step(`\n${summarize(outcomes)}\n`);
    log.step(`done: ${countOf(outcomes.length, 'image')} built, nothing pushed; next: op push`);
  });
}

async function intoDaemon(ready: Prepared, request: BuildRequest): Promise<readonly Outcome[]> {
  const { context, project, settings, artifacts } = ready;
  const options = { repository: settings.repository?.value, push: false, cache: !request.rebuild };
  const made = await runSkaffold(context, project, options, artifacts.oneByOne);
  const images = [...made].map(([imageName, { reference }]) => ({ imageName, reference }));
  return dependenciesFirst(images, artifacts.artifacts).map((image) => {
    const { how = 'built', seconds } = made.get(image.imageName) ?? {};
    return { image, how, detail: '', engine: 'skaffold', seconds, size: undefined };
  });
}

async function intoRegistry(outer: Prepared, request: BuildRequest, registry: string): Promise<readonly Outcome[]> {
  const insecure = [...outer.access.insecure, registry];
  const ready = { ...outer, project: { ...outer.project, insecure }, access: { ...outer.access, insecure } };
  const { context, project, artifacts, around } = ready;
  const named = await dryRun(context, project, registry);
  const plan = checkFeasible(project.file, planBuild(artifacts, named, request.engine, around));
  if (plan.every(({ choice }) => choice.engine === 'skaffold')) {
    const options = { repository: registry, push: true, cache: false };
    const made = await runSkaffold(context, project, options, artifacts.oneByOne);
    return withoutPlaces(await outcomesOf(ready, plan, made));
  }
  if (plan.some(({ choice }) => choice.engine === 'buildkit')) await checkBuilder(ready);
  return withTemporaryDirectory(context, 'layouts', async (layouts) => {
    const nothing = { there: new Map(), reuseContent: false, buildResult: undefined };
    const made = await buildImages(ready, request, { plan, repository: registry, layouts, ...nothing });
    return withoutPlaces(await outcomesOf(ready, plan, made));
  });
}

/** The registry that the images were in will be gone, and its name with it. */
const withoutPlaces = (outcomes: readonly Outcome[]): readonly Outcome[] =>
  outcomes.map((outcome) => ({ ...outcome, image: withoutPlace(outcome.image) }));

function withoutPlace(image: BuiltImage): BuiltImage {
  const { registry: _, ...reference } = image.reference;
  return { ...image, reference };
}
