import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import type { Setting } from '../../kit/config/setting.js';
import { inputError } from '../../kit/errors/op-error.js';
import { shownPath } from '../../kit/files/path.js';
import { countOf } from '../../kit/log/table.js';
import { parseResultPaths, writeResults } from '../../kit/results/results.js';
import { formatReference } from '../../systems/registry/reference.js';
import { type BuiltImage, selectImages } from '../build-result/build-result.js';
import { makeRoom } from '../build-result/make-room.js';
import { writeBuildResult } from '../build-result/write.js';
import { isInputDigest, namesCommitWrongly } from '../plan/already-built.js';
import type { Made } from '../plan/made.js';
import { checkFeasible, type Feasible, type Planned, planBuild } from '../plan/plan.js';
import { type Prepared, prepared } from '../plan/prepare.js';
import { dependenciesFirst } from '../skaffold/artifacts.js';
import { dryRun } from '../skaffold/build.js';
import { buildImages } from './build-images.js';
import { checkBuilder } from './check.js';
import { copyToAll } from './copy-to-all.js';
import type { PushRequest } from './options.js';
import { outcomesOf } from './outcomes.js';
import { imageOutputs, pushOutputs, sourceOutputs } from './outputs.js';
import { lookForImages } from './reuse.js';
import { runSkaffold } from './run-skaffold.js';
import { sayAboutSource, verdict } from './source.js';
import { type Outcome, summarize } from './summary.js';

/** The registry of `op build-push` when none is configured, as it always was. */
const usualRegistry = 'localhost:5001';

/**
 * Builds every image of skaffold.yaml, pushes them, and writes build_result.json; or finds that the registry has them already.
 * A build that fails or is stopped leaves no build_result.json: not even that of an earlier build.
 * @throws OpError (input, tool, deadline, refused)
 */
export async function push(outer: Context, request: PushRequest): Promise<void> {
  const directory = resolve(outer.cwd, request.directory);
  const file = request.buildResult && resolve(directory, request.buildResult);
  // First of all: whatever ends this command early, the list of an earlier build is not taken for its result, nor for a change of
  // the source. A list that cannot be removed is reported below.
  if (file !== undefined) await rm(file, { force: true }).catch(() => {});
  const results = parseResultPaths(request.result, pushOutputs);
  const needs = request.command === 'push' ? { usualProfile: 'push' } : { defaultRepository: usualRegistry };
  await prepared(outer, request, needs, async (ready) => {
    const { context, project, settings, head } = ready;
    const { log, cwd } = context;
    const repository = settings.repository ?? noRegistry(settings.registryFile);
    log.step(`building the images of ${project.file} in ${cwd}, pushing to ${repository.value} (${repository.origin})`);
    if (ready.profile !== undefined) log.step(`profile ${ready.profile}`);
    if (file !== undefined) await makeRoom(file);
    sayAboutSource(context, head);
    const outcomes = await buildOrReuse(ready, request, repository, file);
    const images = outcomes.map(({ image }) => image);
    if (file !== undefined) await writeBuildResult(file, images);
    if (settings.copies.length > 0) await copyToAll(context, ready.access, project, images, settings.copies);
    else if (request.pushAll) log.step(`${settings.registryFile} names no other ci registry: nothing to copy`);
    const warning = await writeResults(results, {
      ...imageOutputs(chosen(images, request.imageName), images),
      ...sourceOutputs(head, request.gitUrl),
    });
    if (warning !== undefined) log.warn(warning);
    log.step(`\n${summarize(outcomes)}\n`);
    log.step(verdict(doneOf(outcomes, repository.value), file && shownPath(outer.cwd, file), head));
  });
}

async function buildOrReuse(
  ready: Prepared,
  request: PushRequest,
  repository: Setting,
  buildResult: string | undefined,
): Promise<readonly Outcome[]> {
  const { context, project, access, artifacts, head } = ready;
  const { log } = context;
  const wanted = dependenciesFirst(await dryRun(context, project, repository.value), artifacts.artifacts);
  chosen(wanted, request.imageName);
  const plan = planBuild(artifacts, wanted, request.engine, ready.around);
  for (const { reference } of wanted.filter(({ reference }) => namesCommitWrongly(reference.tag ?? '', head))) {
    log.warn(`${formatReference(reference)} will name the commit, and be built from a tree that differs from it`);
  }
  const found = await lookForImages(context, access, wanted, head, request.rebuild);
  const there = new Map(found.flatMap((one) => ('digest' in one ? [[one.image.imageName, reused(one)] as const] : [])));
  sayIgnored(ready, request, plan, there);
  const missing = found.find((one) => 'build' in one);
  if (missing === undefined || !('build' in missing)) {
    sayReused(ready, request, there);
    return outcomesOf(ready, plan, there);
  }
  const feasible = checkFeasible(project.file, plan);
  log.step(`building ${countOf(wanted.length, 'image')}: ${missing.build}`);
  if (ready.logins.length > 0) log.step(whoSeesCredentials(ready, feasible));
  if (feasible.some(({ choice }) => choice.engine === 'buildkit')) await checkBuilder(ready);
  const made = feasible.every(({ choice }) => choice.engine === 'skaffold')
    ? await buildAll(ready, request, repository)
    : await buildImages(ready, request, {
        plan: feasible,
        repository: repository.value,
        there,
        // Also of a rebuild: else the next build would find the image from before it.
        reuseContent: request.reuseContent,
        layouts: undefined,
        buildResult,
      });
  return outcomesOf(ready, plan, made);
}

const reused = ({ image, digest }: { readonly image: BuiltImage; readonly digest: string }): Made => ({
  reference: { ...image.reference, digest },
  how: 'reused',
  detail: isInputDigest(image.reference.tag ?? '') ? 'same content' : 'same commit',
  seconds: undefined,
});

function sayReused({ context, settings }: Prepared, request: PushRequest, there: ReadonlyMap<string, Made>): void {
  const references = [...there.values()].map(({ reference }) => reference);
  for (const reference of references) context.log.step(`already built: ${formatReference(reference)}`);
  const byCommit = references.some(({ tag = '' }) => !isInputDigest(tag));
  if (byCommit && (settings.profile !== undefined || request.platform.length > 0)) {
    context.log.warn('tags name the commit, not its profile or platform: if the other one was pushed, use --rebuild');
  }
}

/** One run of Skaffold for all images, when it builds every one of them. */
function buildAll({ context, project, head, artifacts }: Prepared, request: PushRequest, repository: Setting) {
  // Skaffold's own cache looks at an artifact's declared files only: a changed tree is built as it is.
  const cache = !request.rebuild && head?.changed === 0;
  return runSkaffold(context, project, { repository: repository.value, push: true, cache }, artifacts.oneByOne);
}

/**
 * Who is handed the credentials of registries: Skaffold's builders push by themselves, so their code, and the repository's, has them in
 * sight; BuildKit and pack push for op; with the lifecycle it stays with op.
 */
function whoSeesCredentials({ logins, around }: Prepared, plan: readonly Feasible[]): string {
  const by = (engine: string) => plan.filter(({ choice }) => choice.engine === engine).map(({ artifact }) => artifact);
  const builders = by('skaffold').map(({ builder, image }) => `${builder} (${image})`);
  const seeing = [
    ...(builders.length > 0 ? [`the builders, which push by themselves: ${builders.join(', ')}`] : []),
    ...(by('buildkit').length > 0 ? [`BuildKit at ${around.buildkit?.address}, which pushes`] : []),
    ...(by('pack').length > 0 ? ['pack, which pushes'] : []),
  ];
  return `credentials of ${logins.join(', ')}: seen by ${seeing.join('; ') || 'op alone'}`;
}

/** What is asked for and will not happen, because of the engine or because nothing is built. */
function sayIgnored(
  { context: { log } }: Prepared,
  request: PushRequest,
  plan: readonly Planned[],
  there: ReadonlyMap<string, Made>,
) {
  const names = (planned: readonly Planned[]) => planned.map(({ artifact }) => artifact.image).join(', ');
  const bySkaffold = plan.filter(
    ({ artifact, choice }) => choice.engine === 'skaffold' && artifact.builder !== 'custom',
  );
  const flags = {
    '--attest': request.attest.length > 0,
    '--image-mirror': request.imageMirror.length > 0,
    '--secrets': request.secrets !== undefined,
    '--build-cache': request.buildCache !== undefined,
  };
  const ignored = Object.entries(flags).flatMap(([flag, given]) => (given ? [flag] : []));
  if (bySkaffold.length > 0 && ignored.length > 0) {
    log.warn(`Skaffold, which builds ${names(bySkaffold)}, does not know ${ignored.join(', ')}`);
  }
  const reused = plan.filter(({ artifact }) => artifact.buildpacks !== undefined && there.has(artifact.image));
  if (request.sbomOutput !== undefined && reused.length > 0) {
    log.warn(`no SBOM is written for what is not built: ${names(reused)}`);
  }
}

/** The image that IMAGE_URL is about: the named one, or the application, which comes last. */
function chosen(images: readonly BuiltImage[], name: string | undefined): BuiltImage {
  const image = selectImages({ path: 'this build', images }, name).at(-1);
  if (image === undefined) throw new Error('a build without images');
  return image;
}

function noRegistry(registryFile: string): never {
  throw inputError({
    what: 'no registry to push to',
    why: `neither --default-repo nor SKAFFOLD_DEFAULT_REPO nor an entry of ${registryFile} for this destination names one`,
    hint: 'name one with --default-repo HOST/PATH; op config shows what is configured and where',
  });
}

function doneOf(outcomes: readonly Outcome[], repository: string): string {
  const reused = outcomes.every(({ how }) => how === 'reused');
  return `${reused ? 'nothing to build' : 'done'}: ${countOf(outcomes.length, 'image')} in ${repository}`;
}
