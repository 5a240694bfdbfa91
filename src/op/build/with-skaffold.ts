import type { BuiltImage } from '../build-result/build-result.js';
import { build } from '../skaffold/build.js';
import { partOf } from '../skaffold/derive.js';
import type { Made, Making } from './made.js';
import type { Feasible } from './plan.js';
import { watchLines } from './watch-lines.js';

/** Builds some images of a stage with one run of Skaffold, where other engines build the others. */
export async function withSkaffold(
  { ready, request, context, onLine }: Making,
  images: readonly Feasible[],
  wanted: readonly BuiltImage[],
  repository: string,
): Promise<ReadonlyMap<string, Made>> {
  const names = images.map(({ artifact }) => artifact.image);
  const project = partOf(ready.project, ready.artifacts, names, wanted);
  const lines = watchLines({ ...context, log: { ...context.log, step: onLine } });
  const cache = !request.rebuild && ready.head?.changed === 0;
  const options = { repository, push: true, cache, onLine: lines.onLine };
  const built = await build(context, project, options).finally(lines.stop);
  return new Map(
    built
      .filter(({ imageName }) => names.includes(imageName))
      .map(({ imageName, reference }) => {
        const reused = lines.cached.has(imageName);
        const how = reused ? ('reused' as const) : ('built' as const);
        return [
          imageName,
          { reference, how, detail: reused ? "in Skaffold's cache" : '', seconds: lines.seconds.get(imageName) },
        ];
      }),
  );
}
