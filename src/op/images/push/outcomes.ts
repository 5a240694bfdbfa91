import { mapConcurrently } from '../../kit/process/map-concurrently.js';
import { sizeOf } from '../../systems/registry/crane.js';
import type { Made } from '../plan/made.js';
import type { Planned } from '../plan/plan.js';
import type { Prepared } from '../plan/prepare.js';
import { checkComplete } from './check.js';
import type { Outcome } from './summary.js';

const requestsAtOnce = 4;

/**
 * What became of each image of a plan, in the plan's order, with the sizes that the registry gives.
 * @throws OpError (tool) when an image has no digest
 */
export async function outcomesOf(
  { context, access }: Prepared,
  plan: readonly Planned[],
  made: ReadonlyMap<string, Made>,
): Promise<readonly Outcome[]> {
  const images = [...made].map(([imageName, { reference }]) => ({ imageName, reference }));
  checkComplete(
    plan.map(({ target }) => target),
    images,
  );
  const done = plan.flatMap(({ target, choice }) => {
    const one = made.get(target.imageName);
    return one === undefined ? [] : [{ ...one, imageName: target.imageName, engine: choice.engine ?? '-' }];
  });
  const sizes = await mapConcurrently(done, requestsAtOnce, ({ reference }) => sizeOf(context, access, reference));
  return done.map(({ imageName, reference, how, detail, seconds, engine }, index) => {
    const size = sizes[index];
    return {
      image: { imageName, reference },
      how,
      detail,
      seconds,
      engine,
      size: size?.status === 'fulfilled' ? size.value : undefined,
    };
  });
}
