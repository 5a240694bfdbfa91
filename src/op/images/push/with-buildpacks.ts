import { resolve } from 'node:path';
import { formatReference } from '../../systems/registry/reference.js';
import { buildWithBuildpacks } from '../buildpacks/build.js';
import { type Built, type Making, requiredImages } from '../plan/made.js';
import type { Feasible } from '../plan/plan.js';
import { evaluate } from '../skaffold/evaluate.js';
import { cacheImage } from './build-cache.js';

/** Builds one image with buildpacks; the lifecycle pushes it. */
export async function withBuildpacks(making: Making, planned: Feasible): Promise<Built> {
  const { ready, request, context } = making;
  const { artifact, target } = planned;
  const { buildpacks } = artifact;
  const { place, mirrors } = ready.around;
  if (buildpacks === undefined || 'why' in place) throw new Error(`${artifact.image} has no buildpacks`);
  const required = requiredImages(planned, making.made);
  const own = (image: string) => {
    const made = required.get(image);
    return made === undefined ? image : formatReference(made.reference);
  };
  const built = await buildWithBuildpacks(
    context,
    ready.access,
    place,
    {
      image: artifact.image,
      context: artifact.context,
      root: ready.root,
      builder: own(buildpacks.builder),
      runImage: buildpacks.runImage && own(buildpacks.runImage),
      env: await environment(making, planned),
      buildpacks: buildpacks.buildpacks,
      projectDescriptor: buildpacks.projectDescriptor,
      clearCache: buildpacks.clearCache || request.rebuild,
      cacheImage: making.layouts === undefined ? cacheImage(request.buildCache, target.reference) : undefined,
      defaultProcess: undefined,
      mirrors,
      sbomDirectory: request.sbomOutput && resolve(context.cwd, request.sbomOutput),
      own: [...required.values()].map(({ reference }) => formatReference(reference)),
      target: target.reference,
    },
    making.onLine,
  );
  const { digest, layers, reused, processes } = built;
  making.onLine(`processes: ${processes.join(', ') || 'none'}`);
  return { digest, detail: reused > 0 ? `${reused} of ${layers} layers reused` : '' };
}

/** The variables of `buildpacks.env`, evaluated. */
export async function environment({ ready, context }: Making, { artifact, target }: Feasible) {
  const pairs = (artifact.buildpacks?.env ?? []).map((pair): readonly [string, string] => {
    const equals = pair.indexOf('=');
    return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  const values = await evaluate(context, ready.project, artifact.image, Object.fromEntries(pairs), target.reference);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? '']));
}
