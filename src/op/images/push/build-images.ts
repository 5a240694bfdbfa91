import { secondsBetween } from '../../kit/log/seconds.js';
import { lookUp, tagImage } from '../../systems/registry/crane.js';
import { formatReference, repositoryOf } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';
import { contentTag } from '../content/content-tag.js';
import type { Built, Made, Making } from '../plan/made.js';
import type { BuildRequest } from '../plan/options.js';
import type { Feasible } from '../plan/plan.js';
import type { Prepared } from '../plan/prepare.js';
import { inOrder } from './in-order.js';
import { withBuildKit } from './with-buildkit.js';
import { withBuildpacks } from './with-buildpacks.js';
import { withSkaffold } from './with-skaffold.js';

/** What is to be built, and what is there already. */
export interface Work {
  readonly plan: readonly Feasible[];
  /** Registry and path that Skaffold names images under. */
  readonly repository: string;
  /** Images that need no build, by name. */
  readonly there: ReadonlyMap<string, Made>;
  /** Whether an image of another commit is used when everything that goes into it is the same. */
  readonly reuseContent: boolean;
  /** Directory for OCI layouts when nothing is pushed to a registry that others reach. */
  readonly layouts: string | undefined;
  /** Where build_result.json goes, if anywhere. */
  readonly buildResult: string | undefined;
}

/** One image, or those of one stage that Skaffold builds together. */
type Unit = readonly [Feasible, ...Feasible[]];

/**
 * Builds the images of a plan, each with its engine, side by side where none waits for another. The first failure stops the rest.
 * @returns every image of the plan, those that were there too, by name
 * @throws OpError of the engine that failed
 */
export async function buildImages(
  ready: Prepared,
  request: BuildRequest,
  work: Work,
): Promise<ReadonlyMap<string, Made>> {
  const made = new Map(work.there);
  const pending = work.plan.filter(({ artifact }) => !made.has(artifact.image));
  const trees = new Map<string, Promise<string>>();
  const units = unitsOf(pending);
  const needs = (unit: Unit) =>
    units.filter(
      (other) =>
        other !== unit && unit.some(({ artifact }) => artifact.requires.some(({ image }) => contains(other, image))),
    );
  await inOrder(units, needs, request.jobs, async (unit, stopped) => {
    const signal = AbortSignal.any([ready.context.signal, stopped]);
    const context = { ...ready.context, signal };
    const name = unit.map(({ artifact }) => artifact.image).join(', ');
    const onLine = (line: string) => ready.context.log.step(`[${name}] ${line}`);
    const making: Making = {
      ready,
      request,
      context,
      made,
      layouts: work.layouts,
      buildResult: work.buildResult,
      trees,
      onLine,
    };
    if (unit[0].choice.engine === 'skaffold') {
      const wanted = work.plan.map(({ target }) => target);
      onLine(`building with Skaffold: ${unit[0].choice.why}`);
      for (const [image, done] of await withSkaffold(making, unit, wanted, work.repository)) made.set(image, done);
    } else {
      const [planned] = unit;
      made.set(planned.artifact.image, await buildOne(making, planned, work.reuseContent));
    }
  });
  return made;
}

function unitsOf(plan: readonly Feasible[]): readonly Unit[] {
  const bySkaffold = plan.filter(({ choice }) => choice.engine === 'skaffold');
  const stages = [...new Set(bySkaffold.map(({ stage }) => stage))].map((number) =>
    bySkaffold.filter(({ stage }) => stage === number),
  );
  const others = plan.filter(({ choice }) => choice.engine !== 'skaffold').map((planned): Unit => [planned]);
  return [...stages.flatMap(([first, ...more]): Unit[] => (first === undefined ? [] : [[first, ...more]])), ...others];
}

const contains = (unit: Unit, name: string) => unit.some(({ artifact }) => artifact.image === name);

async function buildOne(making: Making, planned: Feasible, reuseContent: boolean): Promise<Made> {
  const { ready, onLine, context } = making;
  const { target, choice } = planned;
  const started = context.now();
  const seconds = () => secondsBetween(started, context.now());
  const tag = reuseContent ? await contentTag(making, planned) : undefined;
  const same = tag === undefined ? undefined : await reuse(making, target, tag);
  if (same !== undefined) return { ...same, seconds: seconds() };
  onLine(`building ${formatReference(target.reference)} with ${choice.engine}: ${choice.why}`);
  const built = await build(making, planned);
  const reference = { ...target.reference, digest: built.digest };
  if (tag !== undefined) {
    await tagImage(context, ready.access, reference, tag).catch((error: Error) => {
      context.signal.throwIfAborted();
      ready.context.log.warn(
        `${repositoryOf(reference)}: later builds cannot see that this one was the same: ${error.message}`,
      );
    });
  }
  onLine(`done in ${seconds()} s: ${formatReference(reference)}`);
  return {
    reference,
    how: 'built',
    detail: built.detail,
    seconds: seconds(),
    ...(built.layout ? { layout: built.layout } : {}),
  };
}

const build = (making: Making, planned: Feasible): Promise<Built> =>
  planned.choice.engine === 'buildkit' ? withBuildKit(making, planned) : withBuildpacks(making, planned);

/** An image that was built from the same content is given the new tag: nothing is built and nothing is copied. */
async function reuse(
  { ready, request, context, onLine }: Making,
  { reference }: BuiltImage,
  tag: string,
): Promise<Made | undefined> {
  if (request.rebuild) return undefined;
  const found = await lookUp(context, ready.access, { ...reference, tag });
  if (!('digest' in found)) return undefined;
  const same = { ...reference, digest: found.digest };
  const tagged = await tagImage(context, ready.access, same, reference.tag ?? 'latest').then(
    () => true,
    () => false,
  );
  context.signal.throwIfAborted();
  if (!tagged) return undefined;
  onLine(`nothing to build: all that goes into it is as in an earlier build; ${formatReference(same)}`);
  return { reference: same, how: 'reused', detail: 'same content', seconds: undefined };
}
