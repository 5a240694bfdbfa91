import { resolve } from 'node:path';
import { formatReference } from '../../systems/registry/reference.js';
import { buildWithBuildpacks } from '../buildpacks/build.js';
import type { BuildableImage } from '../plan/plan.js';
import { evaluateTemplates } from '../skaffold/evaluate.js';
import { cacheImage } from './build-cache.js';
import { type BuildContext, type EngineResult, requiredImages } from './build-context.js';

/** Builds an artifact with buildpacks; the lifecycle, or pack, pushes the image. */
export async function buildArtifactWithBuildpacks(build: BuildContext, planned: BuildableImage): Promise<EngineResult> {
  const { prepared, request, context } = build;
  const { artifact, target } = planned;
  const { buildpacks } = artifact;
  const { place, mirrors } = prepared.builders;
  if (buildpacks === undefined || 'why' in place) throw new Error(`${artifact.image} has no buildpacks`);
  const required = requiredImages(planned, build.outcomes);
  const own = (image: string) => {
    const outcome = required.get(image);
    return outcome === undefined ? image : formatReference(outcome.reference);
  };
  const built = await buildWithBuildpacks(
    context,
    prepared.access,
    place,
    {
      image: artifact.image,
      context: artifact.context,
      root: prepared.root,
      builder: own(buildpacks.builder),
      runImage: buildpacks.runImage && own(buildpacks.runImage),
      env: await buildpacksEnv(build, planned),
      buildpacks: buildpacks.buildpacks,
      projectDescriptor: buildpacks.projectDescriptor,
      clearCache: buildpacks.clearCache || request.rebuild,
      cacheImage: build.layouts === undefined ? cacheImage(request, target.reference) : undefined,
      defaultProcess: undefined,
      mirrors,
      sbomDirectory: request.sbomOutput && resolve(context.cwd, request.sbomOutput),
      own: [...required.values()].map(({ reference }) => formatReference(reference)),
      target: target.reference,
    },
    build.onLine,
  );
  const { digest, layers, reused, processes } = built;
  build.onLine(`processes: ${processes.join(', ') || 'none'}`);
  return { digest, detail: reused > 0 ? `${reused} of ${layers} layers reused` : '' };
}

/** The variables of `buildpacks.env`, with their templates evaluated: only those of Dockerfiles know the image's own name. */
export async function buildpacksEnv({ prepared, context }: BuildContext, { artifact }: BuildableImage) {
  const pairs = (artifact.buildpacks?.env ?? []).map((pair): readonly [string, string] => {
    const equals = pair.indexOf('=');
    return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  const written = Object.fromEntries(pairs);
  const values = await evaluateTemplates(context, prepared.project, artifact.image, written, undefined);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? '']));
}
