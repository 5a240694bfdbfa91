import type { Context } from '../../context.js';
import { secondsBetween } from '../../kit/log/format.js';
import { lookUp, tagImage } from '../../systems/registry/crane.js';
import { formatReference, repositoryOf } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';
import { checkBuildKit } from '../buildkit/find-buildkit.js';
import { contentTag } from '../content/content-tag.js';
import type { BuildContext, ImageOutcome } from '../engines/build-context.js';
import { buildArtifactWithBuildKit } from '../engines/buildkit.js';
import { buildArtifactWithBuildpacks } from '../engines/buildpacks.js';
import { buildArtifactWithCommand } from '../engines/custom.js';
import { buildArtifactsWithSkaffold } from '../engines/skaffold.js';
import type { BuildRequest } from '../plan/options.js';
import type { BuildableImage } from '../plan/plan.js';
import type { PreparedBuild } from '../plan/prepare.js';
import { runInOrder } from './run-in-order.js';
import { watchBuilds } from './watch-builds.js';

/** What to build, and what not. */
export interface ImagesToBuild {
  readonly plan: readonly BuildableImage[];
  /** Registry and path that Skaffold names images under. */
  readonly repository: string;
  /** Images that need no build, by name. */
  readonly reused: ReadonlyMap<string, ImageOutcome>;
  /** Whether an image of another commit is reused when its content is the same. */
  readonly reuseContent: boolean;
  /** Directory for OCI layouts when nothing is pushed to a registry that others reach. */
  readonly layouts: string | undefined;
  /** Where build_result.json goes, if anywhere. */
  readonly buildResult: string | undefined;
  /** Called for each image as soon as it is there. */
  readonly onDone?: (context: Context, image: string, outcome: ImageOutcome) => Promise<void>;
}

/** One image, or those of one stage that Skaffold builds together. */
type BuildGroup = readonly [BuildableImage, ...BuildableImage[]];

/**
 * Builds the images of a plan, each with its engine, in parallel unless one is built from another. The first failure stops the rest.
 * @returns every image of the plan, reused ones too, by name
 * @throws OpError of the engine that failed; (tool) before anything is built, when BuildKit cannot be reached
 */
export async function buildImages(
  prepared: PreparedBuild,
  request: BuildRequest,
  { plan, repository, reused, reuseContent, layouts, buildResult, onDone }: ImagesToBuild,
): Promise<ReadonlyMap<string, ImageOutcome>> {
  const { buildkit } = prepared.builders;
  if (buildkit !== undefined && plan.some(({ choice }) => choice.engine === 'buildkit')) {
    await checkBuildKit(prepared.context, buildkit);
  }
  const outcomes = new Map(reused);
  const treeDigests = new Map<string, Promise<string>>();
  const groups = groupsOf(plan.filter(({ artifact }) => !outcomes.has(artifact.image)));
  const neededBy = (group: BuildGroup) => groups.filter((other) => other !== group && isBuiltFrom(group, other));
  using builds = watchBuilds(prepared.context, groups.length);
  await runInOrder(groups, neededBy, request.jobs, async (group, stopped) => {
    const signal = AbortSignal.any([prepared.context.signal, stopped]);
    const context = { ...prepared.context, signal };
    const name = group.map(({ artifact }) => artifact.image).join(', ');
    using output = builds.start(name, stopped);
    const onLine = output.line;
    const build: BuildContext = { prepared, request, context, outcomes, layouts, buildResult, treeDigests, onLine };
    const [planned] = group;
    // At once, and not at the end: a run that fails later, or is killed, finds these images when it is started again.
    const done = async (image: string, outcome: ImageOutcome) => {
      outcomes.set(image, outcome);
      await onDone?.(context, image, outcome);
    };
    if (planned.choice.engine !== 'skaffold') {
      await done(planned.artifact.image, await buildImage(build, planned, reuseContent));
      return output.succeeded();
    }
    const wanted = plan.map(({ target }) => target);
    onLine(`building with Skaffold: ${planned.choice.why}`);
    const built = await buildArtifactsWithSkaffold(build, group, wanted, repository);
    for (const [image, outcome] of built) await done(image, outcome);
    output.succeeded();
  });
  return outcomes;
}

function groupsOf(plan: readonly BuildableImage[]): readonly BuildGroup[] {
  const bySkaffold = plan.filter(({ choice }) => choice.engine === 'skaffold');
  const stages = [...new Set(bySkaffold.map(({ stage }) => stage))].map((number) =>
    bySkaffold.filter(({ stage }) => stage === number),
  );
  const others = plan.filter(({ choice }) => choice.engine !== 'skaffold').map((planned): BuildGroup => [planned]);
  return [
    ...stages.flatMap(([first, ...more]): BuildGroup[] => (first === undefined ? [] : [[first, ...more]])),
    ...others,
  ];
}

const isBuiltFrom = (group: BuildGroup, other: BuildGroup) =>
  group.some(({ artifact }) => artifact.requires.some(({ image }) => hasImage(other, image)));

const hasImage = (group: BuildGroup, name: string) => group.some(({ artifact }) => artifact.image === name);

/** Builds an image unless one with the same content exists, and then marks it with the tag of its content. */
async function buildImage(build: BuildContext, planned: BuildableImage, reuseContent: boolean): Promise<ImageOutcome> {
  const { prepared, onLine, context } = build;
  const { target, choice } = planned;
  const started = context.now();
  const seconds = () => secondsBetween(started, context.now());
  const content = reuseContent && choice.engine !== 'custom' ? await contentTag(build, planned) : undefined;
  const tag = typeof content === 'string' ? content : undefined;
  const same = tag === undefined ? undefined : await reuseSameContent(build, target, tag);
  if (same !== undefined) return { ...same, seconds: seconds() };
  if (typeof content === 'object') {
    prepared.context.log.step(`[${target.imageName}] not looked up by content: ${content.unknown}`);
  }
  onLine(`building ${formatReference(target.reference)} with ${choice.engine}: ${choice.why}`);
  const { digest, ...built } = await engineOf(choice)(build, planned);
  const reference = { ...target.reference, digest };
  if (tag !== undefined) {
    await tagImage(context, prepared.access, reference, tag).catch((error: Error) => {
      context.signal.throwIfAborted();
      prepared.context.log.warn(
        `${repositoryOf(reference)}: later builds cannot reuse this image for the same content: ${error.message}`,
      );
    });
  }
  onLine(`done in ${seconds()} s: ${formatReference(reference)}`);
  return { reference, how: 'built', seconds: seconds(), ...built };
}

function engineOf({ engine }: BuildableImage['choice']) {
  if (engine === 'custom') return buildArtifactWithCommand;
  return engine === 'buildkit' ? buildArtifactWithBuildKit : buildArtifactWithBuildpacks;
}

/** Gives an image that was built from the same content the new tag: nothing is built and nothing is copied. */
async function reuseSameContent(
  { prepared, request, context, onLine }: BuildContext,
  { reference }: BuiltImage,
  tag: string,
): Promise<ImageOutcome | undefined> {
  if (request.rebuild) return undefined;
  const found = await lookUp(context, prepared.access, { ...reference, tag });
  if (!('digest' in found)) return undefined;
  const same = { ...reference, digest: found.digest };
  const tagged = await tagImage(context, prepared.access, same, reference.tag ?? 'latest').then(
    () => true,
    () => false,
  );
  context.signal.throwIfAborted();
  if (!tagged) return undefined;
  onLine(`nothing to build: an earlier build has the same content; ${formatReference(same)}`);
  return { reference: same, how: 'reused', detail: 'same content', seconds: undefined };
}
