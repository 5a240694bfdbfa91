import type { BuiltImage } from '../build-result/build-result.js';
import type { Made, Making } from '../plan/made.js';
import type { Feasible } from '../plan/plan.js';
import { partOf } from '../skaffold/derive.js';
import { runSkaffold } from './run-skaffold.js';

/** Builds some images of a stage with one run of Skaffold, where other engines build the others. */
export async function withSkaffold(
  { ready, request, context, onLine }: Making,
  images: readonly Feasible[],
  wanted: readonly BuiltImage[],
  repository: string,
): Promise<ReadonlyMap<string, Made>> {
  const names = images.map(({ artifact }) => artifact.image);
  const project = partOf(ready.project, ready.artifacts, names, wanted);
  const named = { ...context, log: { ...context.log, step: onLine } };
  const cache = !request.rebuild && ready.head?.changed === 0;
  const made = await runSkaffold(named, project, { repository, push: true, cache }, ready.artifacts.oneByOne);
  return new Map([...made].filter(([image]) => names.includes(image)));
}
