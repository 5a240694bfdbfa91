import { join } from 'node:path';
import { pullLayout, pushLayout, type RegistryAccess } from '../../systems/registry/crane.js';
import { isPlainHttp } from '../../systems/registry/protocol.js';
import { formatReference, type Reference, registryOf } from '../../systems/registry/reference.js';
import { buildDockerfile } from '../buildkit/build.js';
import { cacheScope } from '../buildkit/cache-scope.js';
import type { DockerfileBuild } from '../buildkit/dockerfile-build.js';
import type { BuildableImage } from '../plan/plan.js';
import { evaluateTemplates } from '../skaffold/evaluate.js';
import { cacheReference, sourceOf } from './build-cache.js';
import { type BuildContext, type EngineResult, type ImageOutcome, requiredImages } from './build-context.js';

/** Builds the Dockerfile of an artifact with BuildKit, which also pushes the image. */
export async function buildArtifactWithBuildKit(build: BuildContext, planned: BuildableImage): Promise<EngineResult> {
  const { prepared, request, context, layouts } = build;
  const { artifact, target } = planned;
  const { docker } = artifact;
  const { buildkit } = prepared.builders;
  if (docker === undefined || buildkit === undefined) throw new Error(`${artifact.image} has no Dockerfile`);
  const cache = cacheReference(request, target.reference, 'buildkit');
  const dockerfile: DockerfileBuild = {
    image: artifact.image,
    context: artifact.context,
    root: prepared.root,
    dockerfile: docker.dockerfile,
    target: docker.target,
    buildArgs: await buildArgs(build, planned),
    secrets: docker.secrets,
    secretsDirectory: request.secrets,
    ssh: docker.ssh,
    userKeys: request.allowCustom,
    platforms: request.platform.length > 0 ? request.platform : artifact.platforms,
    network: docker.network,
    addHosts: docker.addHosts,
    noCache: docker.noCache || request.rebuild,
    pull: docker.pull || request.rebuild,
    cacheFrom: [...docker.cacheFrom, ...cache],
    cacheTo: layouts === undefined ? cache : [],
    scope: cacheScope(request.cacheTrust, sourceOf(prepared.head, request.gitUrl, target.reference)),
    attest: layouts === undefined ? prepared.builders.attest : [],
    mirrors: prepared.builders.mirrors,
    own: await ownImages(build, planned),
    insecure: prepared.access.insecure,
    output: output(prepared.access, target.reference, layouts && join(layouts, encodeURIComponent(artifact.image))),
  };
  const { digest, steps, cached } = await buildDockerfile(
    context,
    prepared.access.env,
    buildkit,
    dockerfile,
    build.onLine,
  );
  const detail = cached > 0 ? `${cached} of ${steps} steps cached` : '';
  if (!('layout' in dockerfile.output)) return { digest, detail };
  await pushLayout(context, prepared.access, dockerfile.output.layout, target.reference);
  return { digest, detail, layout: dockerfile.output.layout };
}

const output = (access: RegistryAccess, push: Reference, layout: string | undefined): DockerfileBuild['output'] =>
  layout === undefined ? { push, insecure: isPlainHttp(registryOf(push), access.insecure) } : { layout };

/** The build arguments, in Skaffold's order: the images that it is built from under their aliases, then those of skaffold.yaml. */
export async function buildArgs(
  { prepared, context, outcomes }: BuildContext,
  planned: BuildableImage,
): Promise<DockerfileBuild['buildArgs']> {
  const { artifact, target } = planned;
  const aliases = [...requiredImages(planned, outcomes)].map(([alias, { reference }]) => [
    alias,
    formatReference(reference),
  ]);
  const written = artifact.docker?.buildArgs ?? {};
  const values = await evaluateTemplates(context, prepared.project, artifact.image, written, target.reference);
  return { SKAFFOLD_RUN_MODE: 'build', ...Object.fromEntries(aliases), ...values };
}

/** Base images that this build made: BuildKit pulls them from where they are, never from a mirror. */
async function ownImages(build: BuildContext, planned: BuildableImage): Promise<DockerfileBuild['own']> {
  const own = [];
  for (const image of requiredImages(planned, build.outcomes).values()) {
    const { digest = '' } = image.reference;
    const layout =
      build.layouts === undefined ? undefined : await layoutOf(build, build.layouts, image, planned.artifact.image);
    own.push({ name: formatReference(image.reference), digest, layout });
  }
  return own;
}

/**
 * The OCI layout of an image; it is pulled when another engine pushed the image to a registry on this machine's loopback.
 * @param forImage the image that is built on it: two that are built at the same time do not share a directory
 */
async function layoutOf({ prepared, context }: BuildContext, layouts: string, image: ImageOutcome, forImage: string) {
  if (image.layout !== undefined) return image.layout;
  const { digest = '' } = image.reference;
  const directory = join(layouts, `for ${encodeURIComponent(forImage)}`, digest.replace(':', '-'));
  await pullLayout(context, prepared.access, image.reference, directory);
  return directory;
}
