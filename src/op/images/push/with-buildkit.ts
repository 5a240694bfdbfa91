import { join } from 'node:path';
import { type Access, pushLayout } from '../../systems/registry/crane.js';
import { isPlainHttp } from '../../systems/registry/plain-http.js';
import { formatReference, type Reference, registryOf } from '../../systems/registry/reference.js';
import { buildDockerfile, type DockerfileBuild } from '../buildkit/build.js';
import { type Built, type Making, requiredImages } from '../plan/made.js';
import type { Feasible } from '../plan/plan.js';
import { evaluate } from '../skaffold/evaluate.js';
import { cacheReference } from './build-cache.js';
import { exportedLayout } from './layouts.js';

/** Builds one Dockerfile through BuildKit, and pushes it from there. */
export async function withBuildKit(making: Making, planned: Feasible): Promise<Built> {
  const { ready, request, context, layouts } = making;
  const { artifact, target } = planned;
  const { docker } = artifact;
  const { buildkit } = ready.around;
  if (docker === undefined || buildkit === undefined) throw new Error(`${artifact.image} has no Dockerfile`);
  const cache = cacheReference(request.buildCache, target.reference, 'buildkit');
  const build: DockerfileBuild = {
    image: artifact.image,
    context: artifact.context,
    root: ready.root,
    dockerfile: docker.dockerfile,
    target: docker.target,
    buildArgs: await buildArgs(making, planned),
    secrets: docker.secrets,
    secretsDirectory: request.secrets,
    ssh: docker.ssh,
    platforms: request.platform.length > 0 ? request.platform : artifact.platforms,
    network: docker.network,
    addHosts: docker.addHosts,
    noCache: docker.noCache || request.rebuild,
    pull: docker.pull || request.rebuild,
    cacheFrom: [...docker.cacheFrom, ...cache],
    cacheTo: layouts === undefined ? cache : [],
    attest: layouts === undefined ? ready.around.attest : [],
    mirrors: ready.around.mirrors,
    own: await ownImages(making, planned),
    insecure: ready.access.insecure,
    output: output(ready.access, target.reference, layouts && join(layouts, encodeURIComponent(artifact.image))),
  };
  const { digest, steps, cached } = await buildDockerfile(context, ready.access.env, buildkit, build, making.onLine);
  const detail = cached > 0 ? `${cached} of ${steps} steps cached` : '';
  if (!('layout' in build.output)) return { digest, detail };
  await pushLayout(context, ready.access, build.output.layout, target.reference);
  return { digest, detail, layout: build.output.layout };
}

const output = (access: Access, push: Reference, layout: string | undefined): DockerfileBuild['output'] =>
  layout === undefined ? { push, insecure: isPlainHttp(registryOf(push), access.insecure) } : { layout };

/** Skaffold's order: the images that it is built from under their aliases, then what skaffold.yaml says. */
export async function buildArgs(
  { ready, context, made }: Making,
  planned: Feasible,
): Promise<DockerfileBuild['buildArgs']> {
  const { artifact, target } = planned;
  const aliases = [...requiredImages(planned, made)].map(([alias, { reference }]) => [
    alias,
    formatReference(reference),
  ]);
  const written = artifact.docker?.buildArgs ?? {};
  const values = await evaluate(context, ready.project, artifact.image, written, target.reference);
  return { SKAFFOLD_RUN_MODE: 'build', ...Object.fromEntries(aliases), ...values };
}

/** Base images that this build made: BuildKit takes them from where they are, and never from a mirror. */
async function ownImages(making: Making, planned: Feasible): Promise<DockerfileBuild['own']> {
  const own = [];
  for (const image of requiredImages(planned, making.made).values()) {
    const { digest = '' } = image.reference;
    const layout =
      making.layouts === undefined
        ? undefined
        : await exportedLayout(making, making.layouts, image, planned.artifact.image);
    own.push({ name: formatReference(image.reference), digest, layout });
  }
  return own;
}
