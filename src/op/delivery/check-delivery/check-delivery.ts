import type { Context } from '../../context.js';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { pathBelow } from '../../systems/registry/same-repository.js';
import type { Environments } from '../environments/environment.js';
import { readEnvironments } from '../environments/read.js';
import { repositoriesOf, routeOf } from '../promote/route.js';
import type { CheckDeliveryRequest } from './options.js';

/**
 * Checks, before anything is built, what would end a delivery later: its environments exist, in this order, up to the last one, and
 * images can go from each to the next. Without environments.yaml the repositories are not known yet.
 * @throws OpError (input) for an environments file that is invalid, and for an environment or a repository that is unknown; (refused) for
 * another order, and for images that the first environment would not take
 */
export async function checkDelivery(context: Context, request: CheckDeliveryRequest): Promise<void> {
  const environments = await readEnvironments(context, request);
  const through = request.through.length > 0 ? request.through : environments.names;
  const until = request.until ?? through.at(-1) ?? '';
  if (!through.includes(until)) throw unknownUntil(until, through, environments);
  const visited = through.slice(0, through.indexOf(until) + 1);
  for (const [index, destination] of visited.entries()) {
    const source = visited[index - 1];
    if (source === undefined) checkFirst(environments, environments.of(destination).name);
    const route = routeOf(environments, { source, destination, until, allowSkip: false });
    if (environments.origin === undefined) continue;
    const { destination: repository } = await repositoriesOf(context, environments, route, {});
    if (source === undefined) checkPushed(environments.origin, destination, repository?.value, request.repository);
  }
  context.log.step(`route: ${environments.names.join(' -> ')}, until ${until}`);
}

function checkFirst({ names, origin }: Environments, first: string): void {
  if (names[0] === first) return;
  throw refusedError({
    what: `nothing is delivered to ${first} first`,
    why: `the order of promotion is ${names.join(' -> ')}`,
    hint: `correct the order in ${origin ?? 'environments.yaml'}, or that of the Pipeline`,
  });
}

/** A build pushes below its repository, and the first environment takes only what is below its own. */
function checkPushed(file: string, first: string, own: string | undefined, pushed: string | undefined): void {
  if (own === undefined || pushed === undefined) return;
  const [inside, around] = [`${pushed.replace(/\/+$/u, '')}/x`, `${own}/x`];
  if (pathBelow(inside, own) !== undefined || pathBelow(around, pushed) !== undefined) return;
  throw refusedError({
    what: `images of ${oneLine(pushed)} are not delivered to ${first}`,
    why: `${file} has the repository ${own} for ${first}`,
    hint: `push to ${own}: set repository to it, or correct it in ${file}`,
  });
}

function unknownUntil(until: string, through: readonly string[], { names, origin }: Environments) {
  const elsewhere = names.includes(until) ? `; ${origin} has ${until}, but this delivery does not go there` : '';
  return inputError({
    what: `nothing is delivered until ${JSON.stringify(until)}`,
    why: `the environments of this delivery are ${through.join(', ')}${elsewhere}`,
    hint: `set until to one of ${through.join(', ')}: the last environment to deliver to`,
  });
}
