import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import type { Setting } from '../../kit/config/setting.js';
import { inputError } from '../../kit/errors/op-error.js';
import { shownPath } from '../../kit/files/path.js';
import { countOf } from '../../kit/log/format.js';
import { messageBytes, messageLimit, outputsForTekton } from '../../kit/results/message.js';
import { parseResultPaths, type ResultPaths, writeResults } from '../../kit/results/results.js';
import { checkHelpers } from '../../systems/registry/missing-helper.js';
import { formatReference } from '../../systems/registry/reference.js';
import { type BuiltImage, selectImages } from '../build-result/build-result.js';
import { clearResult, writeBuildResult } from '../build-result/result-file.js';
import type { ImageOutcome } from '../engines/build-context.js';
import { buildAllWithSkaffold } from '../engines/skaffold.js';
import { checkTemplates } from '../plan/check-templates.js';
import { checkBuildable, type PlannedImage, planBuild, warnOfEngine } from '../plan/plan.js';
import { type PreparedBuild, prepareBuild } from '../plan/prepare.js';
import { refuseRepositoryCode } from '../plan/repository-code.js';
import { dependenciesFirst } from '../skaffold/artifacts.js';
import { dryRun } from '../skaffold/build.js';
import { findAlreadyBuilt, refuseOccupied } from './already-built.js';
import { refuseOutside } from './below-repository.js';
import { buildImages } from './build-images.js';
import { recordCommit, recordUnfinished } from './commit-record.js';
import { copyToAll } from './copy-to-all.js';
import { type PushRequest, pushOutputs } from './options.js';
import { imageOutputs, shorterOutputs, sourceOutputs, tooMany, willBeTooMany } from './outputs.js';
import { type ImageReport, logSource, reportImages, summarize, verdict } from './report.js';
import { isInputDigest, mayMove, namesCommitWrongly, namesTheSource } from './source-tags.js';
import { treesOf, warnOfMovedTags } from './tags-before.js';

/** The registry of `op build-push` when none is configured. */
const defaultRegistry = 'localhost:5001';

/**
 * Builds every image of skaffold.yaml, pushes them, and writes build_result.json; or finds that the registry already has them.
 * A build that fails or is stopped leaves no build_result.json, not even that of an earlier build.
 * @throws OpError (input, tool, deadline, refused)
 */
export async function push(outer: Context, request: PushRequest): Promise<void> {
  const directory = resolve(outer.cwd, request.directory);
  const file = request.buildResult && resolve(directory, request.buildResult);
  // First of all: if this command ends early, the list of an earlier build must not be mistaken for its result, nor count as a change
  // of the source. A list that cannot be removed is reported below.
  if (file !== undefined) await rm(file, { force: true }).catch(() => {});
  const results = parseResultPaths(request.result, pushOutputs);
  const defaults = request.command === 'push' ? { defaultProfile: 'push' } : { defaultRepository: defaultRegistry };
  await using prepared = await prepareBuild(outer, request, defaults);
  const { context, project, settings, head } = prepared;
  const { log, cwd } = context;
  const repository = settings.repository ?? noRegistry(settings.registryFile);
  log.step(`building the images of ${project.file} in ${cwd}, pushing to ${repository.value} (${repository.origin})`);
  if (prepared.profile !== undefined) log.step(`profile ${prepared.profile}`);
  if (file !== undefined) await clearResult(file);
  logSource(context, head);
  const reports = await buildOrReuse(prepared, request, repository, { file, results });
  const images = reports.map(({ image }) => image);
  const reused = reports.filter(({ how }) => how === 'reused').map(({ image }) => formatReference(image.reference));
  const listDigest = file === undefined ? '' : await writeBuildResult(file, images);
  if (settings.copies.length > 0) {
    const trees = await treesOf(prepared, images);
    const keeps = ({ imageName, reference: { tag = 'latest' } }: BuiltImage) =>
      !request.rebuild && !namesTheSource(tag, head) && !mayMove(tag, head, trees.get(imageName));
    await copyToAll(context, prepared.access, project, images, settings.copies, keeps);
  } else if (request.pushAll) log.step(`${settings.registryFile} names no other ci registry: nothing to copy`);
  const outputs = {
    ...imageOutputs(mainImage(images, request.imageName), images, reused),
    LIST_DIGEST: listDigest,
    ...sourceOutputs(head, request.gitUrl),
  };
  const all = [outputs, ...shorterOutputs(images, reused).map((instead) => ({ ...outputs, ...instead }))];
  const fitting = all.find((one) => messageBytes(outputsForTekton(results, one) ?? {}) <= messageLimit);
  const warning = await writeResults(results, fitting ?? all.at(-1) ?? outputs);
  if (warning !== undefined) log.warn(warning);
  log.step(summarize(reports));
  log.step(verdict(doneIn(repository.value, reports), file && shownPath(outer.cwd, file), head));
}

async function buildOrReuse(
  prepared: PreparedBuild,
  request: PushRequest,
  repository: Setting,
  { file, results }: { readonly file: string | undefined; readonly results: ResultPaths },
): Promise<readonly ImageReport[]> {
  const { context, project, access, artifacts, builders, head } = prepared;
  const { log } = context;
  const wanted = dependenciesFirst(await dryRun(context, project, repository.value), artifacts.artifacts);
  refuseOutside(wanted, repository.value);
  // Fails now, not after the build, for an unknown --image-name.
  const main = mainImage(wanted, request.imageName);
  if (outputsForTekton(results, {}) && willBeTooMany(main, wanted, sourceOutputs(head, request.gitUrl))) {
    log.step(tooMany(wanted.length));
  }
  checkHelpers(
    context,
    prepared.dockerLogins,
    wanted.map(({ reference }) => reference),
  );
  const plan = planBuild(artifacts, wanted, request.engine, builders);
  warnOfEngine(context, request.engine, plan);
  for (const { reference } of wanted.filter(({ reference }) => namesCommitWrongly(reference.tag ?? '', head))) {
    log.warn(`${formatReference(reference)} will name the commit, and be built from a tree that differs from it`);
  }
  const trees = await treesOf(prepared, wanted);
  const decisions = await findAlreadyBuilt(context, access, wanted, { head, trees, rebuild: request.rebuild });
  refuseOccupied(decisions, head);
  const reused = new Map(
    decisions.flatMap((found) => ('digest' in found ? [[found.image.imageName, reusedOutcome(found)] as const] : [])),
  );
  warnOfIgnoredFlags(prepared, request, plan, reused);
  const missing = decisions.find((decision) => 'buildBecause' in decision);
  if (missing === undefined) {
    logReused(prepared, request, reused);
    return reportImages(prepared, plan, reused);
  }
  const toBuild = plan.filter(({ artifact }) => !reused.has(artifact.image));
  if (!request.allowCustom) refuseRepositoryCode(project.file, toBuild);
  const buildable = checkBuildable(project.file, plan);
  await checkTemplates(context, project, toBuild);
  log.step(`building ${countOf(wanted.length, 'image')}: ${missing.buildBecause}`);
  const before = warnOfMovedTags(prepared, decisions, trees);
  if (prepared.logins.length > 0) log.step(credentialUse(prepared, buildable));
  // One run of Skaffold would build again what is only to be reused.
  const together =
    request.allowCustom && reused.size === 0 && buildable.every(({ choice }) => choice.engine === 'skaffold');
  const onDone = (stoppable: Context, image: string, { reference }: ImageOutcome) =>
    recordCommit({ ...prepared, context: stoppable }, reference, trees.get(image));
  try {
    if (together) {
      const outcomes = await buildAll(prepared, request, repository);
      for (const [image, outcome] of outcomes) await onDone(context, image, outcome);
      return await reportImages(prepared, plan, outcomes);
    }
    const outcomes = await buildImages(prepared, request, {
      plan: buildable,
      repository: repository.value,
      reused,
      // Also with --rebuild: otherwise the next build would find the older image.
      reuseContent: request.reuseContent,
      layouts: undefined,
      buildResult: file,
      onDone,
    });
    return await reportImages(prepared, plan, outcomes);
  } catch (error) {
    await recordUnfinished(prepared, before);
    throw error;
  }
}

const reusedOutcome = ({ image, digest }: { readonly image: BuiltImage; readonly digest: string }): ImageOutcome => ({
  reference: { ...image.reference, digest },
  how: 'reused',
  detail: isInputDigest(image.reference.tag ?? '') ? 'same content' : 'same commit',
  seconds: undefined,
});

function logReused(
  { context, settings }: PreparedBuild,
  request: PushRequest,
  reused: ReadonlyMap<string, ImageOutcome>,
): void {
  const references = [...reused.values()].map(({ reference }) => reference);
  for (const reference of references) context.log.step(`already built: ${formatReference(reference)}`);
  const byCommit = references.some(({ tag = '' }) => !isInputDigest(tag));
  if (byCommit && (settings.profile !== undefined || request.platform.length > 0)) {
    context.log.warn('tags name the commit, not its profile or platform: if another one was pushed, use --rebuild');
  }
}

/** One run of Skaffold, when it builds every image. */
function buildAll({ context, project, head, artifacts }: PreparedBuild, request: PushRequest, repository: Setting) {
  // Skaffold's own cache only looks at an artifact's declared files, so it is not used for a changed tree.
  const cache = !request.rebuild && head?.changed === 0;
  return buildAllWithSkaffold(
    context,
    project,
    { repository: repository.value, push: true, cache },
    artifacts.oneByOne,
  );
}

/**
 * Which programs get the credentials of registries. Skaffold's builders push images themselves, so their code and that of the
 * repository can read them; BuildKit and pack push for op; with the lifecycle, only op has them.
 */
function credentialUse({ logins, builders }: PreparedBuild, plan: readonly PlannedImage[]): string {
  const by = (engine: string) => plan.filter(({ choice }) => choice.engine === engine).map(({ artifact }) => artifact);
  const bySkaffold = [...by('skaffold'), ...by('custom')].map(({ builder, image }) => `${builder} (${image})`);
  const programs = [
    ...(bySkaffold.length > 0 ? [`the builders, which push images themselves: ${bySkaffold.join(', ')}`] : []),
    ...(by('buildkit').length > 0 ? [`BuildKit at ${builders.buildkit?.address}, which pushes`] : []),
    ...(by('pack').length > 0 ? ['pack, which pushes'] : []),
  ];
  return `credentials of ${logins.join(', ')}: seen by ${programs.join('; ') || 'op alone'}`;
}

/** Warns of flags that have no effect, because of the engine or because nothing is built. */
function warnOfIgnoredFlags(
  { context: { log } }: PreparedBuild,
  request: PushRequest,
  plan: readonly PlannedImage[],
  reused: ReadonlyMap<string, ImageOutcome>,
) {
  const names = (planned: readonly PlannedImage[]) => planned.map(({ artifact }) => artifact.image).join(', ');
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
    log.warn(`Skaffold builds ${names(bySkaffold)} and does not support ${ignored.join(', ')}`);
  }
  const withoutSbom = plan.filter(({ artifact }) => artifact.buildpacks !== undefined && reused.has(artifact.image));
  if (request.sbomOutput !== undefined && withoutSbom.length > 0) {
    log.warn(`no SBOM is written for images that are not built: ${names(withoutSbom)}`);
  }
}

/** The image that IMAGE_URL is about: the named one, or the application, which comes last. */
function mainImage(images: readonly BuiltImage[], name: string | undefined): BuiltImage {
  const image = selectImages({ path: 'this build', images }, name).at(-1);
  if (image === undefined) throw new Error('a build without images');
  return image;
}

function noRegistry(registryFile: string): never {
  throw inputError({
    what: 'no registry to push to',
    why: `--default-repo and SKAFFOLD_DEFAULT_REPO are not set, and ${registryFile} has no entry for this destination`,
    hint: 'name one with --default-repo HOST/PATH; op config shows what is configured and where',
  });
}

function doneIn(repository: string, reports: readonly ImageReport[]): string {
  const allReused = reports.every(({ how }) => how === 'reused');
  return `${allReused ? 'nothing to build' : 'done'}: ${countOf(reports.length, 'image')} in ${repository}`;
}
