import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import type { RegistryAccess } from '../../systems/registry/crane.js';
import { mirrored, namesSameImage } from '../image-mirrors/mirror.js';
import { readApplication } from './application.js';
import type { BuildInputs, BuildpacksBuild, BuiltByBuildpacks } from './build-request.js';
import { buildWithPack } from './pack.js';
import { runLifecycle } from './run-lifecycle.js';
import type { BuilderHost } from './sandbox/builder-host.js';
import { inContainer } from './sandbox/container.js';
import { inNamespaces } from './sandbox/namespaces.js';
import type { PhaseRunner } from './sandbox/phase-runner.js';

/**
 * Builds an image and pushes it. Only phases of op's own lifecycle see credentials; the code of buildpacks and of the application runs
 * in the builder without them. The same files give the same digest on every host except pack.
 * @throws OpError (input, tool)
 */
export async function buildWithBuildpacks(
  context: Context,
  access: RegistryAccess,
  host: BuilderHost,
  build: BuildpacksBuild,
  onLine: (line: string) => void,
): Promise<BuiltByBuildpacks> {
  const application = await readApplication(context, build);
  const { descriptor } = application;
  const named = build.builder || descriptor.builder;
  if (named === undefined || named === '') throw noBuilder(build.image);
  const withMirror = (image: string) => (build.own?.includes(image) ? image : mirrored(image, build.mirrors));
  const source: BuildInputs = { application, env: { ...build.env, ...descriptor.env }, mirrored: withMirror };
  if (host.kind === 'pack') {
    const images = { builder: withMirror(named), runImage: build.runImage && withMirror(build.runImage) };
    return buildWithPack(context, access, build, { ...source, ...images }, onLine);
  }
  const act = (runner: PhaseRunner) => runLifecycle(context, access, runner, build, source, onLine);
  if (host.kind === 'namespaces') return inNamespaces(context, access, host.cache, withMirror(named), act);
  const mirrors = build.own?.includes(named) ? [] : build.mirrors;
  if (!namesSameImage(host.builder, named, mirrors)) {
    throw otherBuilder(build.image, named, withMirror(named), host.builder);
  }
  return inContainer(context, access, host, act);
}

const noBuilder = (image: string) =>
  inputError({
    what: `no builder for ${image}`,
    why: 'neither skaffold.yaml nor project.toml sets one',
    hint: 'set a builder image: buildpacks.builder in skaffold.yaml, or --builder',
  });

const otherBuilder = (image: string, requested: string, mirrored: string, container: string) =>
  inputError({
    what: `cannot build ${image} in this pod`,
    why: `it is built with ${requested}, and the builder of this pod is ${container}`,
    hint: `start the run with the param builder=${mirrored}`,
  });
