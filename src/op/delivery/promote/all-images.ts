import type { Context } from '../../context.js';
import { secondsBetween } from '../../kit/log/seconds.js';
import { mapConcurrently } from '../../kit/process/map-concurrently.js';
import type { Regctl } from '../../systems/registry/regctl.js';
import { carryOut, type Promoted, readBack } from './carry-out.js';
import { allOf } from './failures.js';
import type { Job } from './job.js';
import { type NamedImage, type Promotion, planImage, type Terms } from './plan.js';
import { type Planned, planTable } from './show.js';

/**
 * Plans all images before anything is copied, and prints the plan.
 * @throws OpError (refused, input, tool) when one of them cannot be promoted
 */
export async function planAll(
  context: Context,
  regctl: Regctl,
  { request, route }: Job,
  named: readonly NamedImage[],
): Promise<readonly Promotion[]> {
  const { overwrite, referrers, jobs } = request;
  const terms: Terms = {
    overwrite,
    referrers,
    source: route.source?.name ?? '',
    destination: route.destination.name,
  };
  const look = (image: NamedImage) => planImage(context, regctl, image, terms);
  const plans = await eachWithProgress(context, 'looking at both sides', named, looks(jobs), look);
  const planned = named.flatMap((image, index): readonly Planned[] => {
    const plan = plans[index];
    return plan === undefined ? [] : [{ image, plan }];
  });
  context.signal.throwIfAborted();
  if (request.dryRun) context.out(`${planTable(planned)}\n`);
  else context.log.step(planTable(planned));
  return allOf(
    context,
    plans,
    (count) => `nothing is promoted to ${terms.destination}: ${count} of ${named.length} images cannot be`,
  );
}

/**
 * Copies all images, several at a time; one that fails does not stop the others.
 * @throws OpError (tool, refused) when one of them failed
 */
export async function carryOutAll(
  context: Context,
  regctl: Regctl,
  { request, route }: Job,
  plan: readonly Promotion[],
): Promise<readonly Promoted[]> {
  const failing = (count: number) =>
    `${count} of ${plan.length} images are not promoted to ${route.destination.name}${count < plan.length ? '; the others are there' : ''}`;
  const { jobs } = request;
  const copied = await eachWithProgress(context, 'copying', plan, jobs, (one) => carryOut(context, regctl, one));
  const promoted = allOf(context, copied, failing);
  const look = (one: Promoted) => readBack(regctl, one);
  allOf(context, await eachWithProgress(context, 'reading back', promoted, looks(jobs), look), failing);
  return promoted;
}

/** Asking takes less than copying, of memory and of lines. */
const looks = (jobs: number) => 2 * jobs;

/** Milliseconds between two lines that say that it still works. */
const heartbeat = 10_000;

async function eachWithProgress<Item, Value>(
  { log, now }: Context,
  doing: string,
  items: readonly Item[],
  jobs: number,
  work: (item: Item) => Promise<Value>,
): Promise<PromiseSettledResult<Value>[]> {
  const started = now();
  let done = 0;
  const timer = setInterval(() => {
    const took = Math.round(secondsBetween(started, now()));
    log.progress(`${doing}: ${done} of ${items.length} images done (${took} s)`);
  }, heartbeat);
  try {
    return await mapConcurrently(items, jobs, (item) => work(item).finally(() => done++));
  } finally {
    clearInterval(timer);
  }
}
