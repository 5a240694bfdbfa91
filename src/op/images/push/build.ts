import type { Context } from '../../context.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { countOf } from '../../kit/log/format.js';
import { parseResultPaths, writeResults } from '../../kit/results/results.js';
import type { BuiltImage } from '../build-result/build-result.js';
import { buildAllWithSkaffold } from '../engines/skaffold.js';
import { checkTemplates } from '../plan/check-templates.js';
import { chooseEngine } from '../plan/engine.js';
import type { BuildRequest } from '../plan/options.js';
import { checkBuildable, planBuild, warnOfEngine } from '../plan/plan.js';
import { type PreparedBuild, prepareBuild } from '../plan/prepare.js';
import { refuseRepositoryCode } from '../plan/repository-code.js';
import { dependenciesFirst } from '../skaffold/artifacts.js';
import { dryRun } from '../skaffold/build.js';
import { buildImages } from './build-images.js';
import { buildOutputs } from './options.js';
import { sourceOutputs } from './outputs.js';
import { type ImageReport, reportImages, summarize } from './report.js';
import { startThrowAwayRegistry } from './throw-away-registry.js';

/**
 * Builds every image of skaffold.yaml and pushes none. It writes no build_result.json, because a later stage could use nothing of it.
 * Images that Skaffold builds with a Docker daemon stay there. Engines that push get a registry that lives only as long as the
 * build: so the same images are really built, even in a pod.
 * @throws OpError (input, tool, deadline)
 */
export async function build(outer: Context, request: BuildRequest): Promise<void> {
  const results = parseResultPaths(request.result, buildOutputs);
  await using prepared = await prepareBuild(outer, request);
  const { context, project, artifacts, builders } = prepared;
  const { log, cwd } = context;
  const stays =
    builders.daemon &&
    artifacts.artifacts.every((artifact) => chooseEngine(artifact, request.engine, builders).engine === 'skaffold');
  if (!request.allowCustom) {
    const chosen = artifacts.artifacts.map((artifact) => ({
      artifact,
      choice: chooseEngine(artifact, request.engine, builders),
    }));
    refuseRepositoryCode(project.file, chosen);
  }
  const where = stays
    ? 'into the Docker daemon'
    : `and discarding them${builders.daemon ? '' : ': no Docker daemon answers'}`;
  log.step(`building the images of ${project.file} in ${cwd}, ${where}`);
  if (prepared.profile !== undefined) log.step(`profile ${prepared.profile}`);
  const reports = stays ? await buildIntoDaemon(prepared, request) : await buildAndDiscard(prepared, request);
  const warning = await writeResults(results, sourceOutputs(prepared.head, request.gitUrl));
  if (warning !== undefined) log.warn(warning);
  log.step(summarize(reports));
  log.step(`done: ${countOf(reports.length, 'image')} built, nothing pushed; next: op push`);
}

async function buildIntoDaemon(prepared: PreparedBuild, request: BuildRequest): Promise<readonly ImageReport[]> {
  const { context, project, settings, artifacts } = prepared;
  const options = { repository: settings.repository?.value, push: false, cache: !request.rebuild };
  const named = await dryRun(context, project, options.repository);
  await checkTemplates(context, project, planBuild(artifacts, named, request.engine, prepared.builders));
  const outcomes = await buildAllWithSkaffold(context, project, options, artifacts.oneByOne);
  const images = [...outcomes].map(([imageName, { reference }]) => ({ imageName, reference }));
  return dependenciesFirst(images, artifacts.artifacts).map((image) => {
    const { how = 'built', seconds } = outcomes.get(image.imageName) ?? {};
    return { image, how, detail: '', engine: 'skaffold', seconds, size: undefined };
  });
}

async function buildAndDiscard(outer: PreparedBuild, request: BuildRequest): Promise<readonly ImageReport[]> {
  await using registry = await startThrowAwayRegistry(outer.context);
  const repository = registry.host;
  const insecure = [...outer.access.insecure, repository];
  const prepared = { ...outer, project: { ...outer.project, insecure }, access: { ...outer.access, insecure } };
  const { context, project, artifacts, builders } = prepared;
  const named = await dryRun(context, project, repository);
  const plan = checkBuildable(project.file, planBuild(artifacts, named, request.engine, builders));
  warnOfEngine(context, request.engine, plan);
  await checkTemplates(context, project, plan);
  if (plan.every(({ choice }) => choice.engine === 'skaffold')) {
    const outcomes = await buildAllWithSkaffold(
      context,
      project,
      { repository, push: true, cache: false },
      artifacts.oneByOne,
    );
    return withoutRegistry(await reportImages(prepared, plan, outcomes));
  }
  await using layouts = await makePrivateDirectory(context, 'layouts');
  const outcomes = await buildImages(prepared, request, {
    plan,
    repository,
    reused: new Map(),
    reuseContent: false,
    layouts: layouts.path,
    buildResult: undefined,
  });
  return withoutRegistry(await reportImages(prepared, plan, outcomes));
}

/** The registry of the images will be gone, so their names do not contain it. */
const withoutRegistry = (reports: readonly ImageReport[]): readonly ImageReport[] =>
  reports.map((report) => ({ ...report, image: nameOnly(report.image) }));

function nameOnly(image: BuiltImage): BuiltImage {
  const { registry: _, ...reference } = image.reference;
  return { ...image, reference };
}
