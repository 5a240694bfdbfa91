import type { Context } from '../../context.js';
import { imagesOf } from '../../images/publish/image-list.js';
import { secondsBetween } from '../../kit/log/seconds.js';
import { countOf } from '../../kit/log/table.js';
import { withDeadline } from '../../kit/process/deadline.js';
import { withApi } from '../../systems/kubernetes/api.js';
import { prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { registryOf } from '../../systems/registry/reference.js';
import { withRegctl } from '../../systems/registry/regctl.js';
import { clusterOf } from '../environments/cluster.js';
import { readEnvironments } from '../environments/read.js';
import { leaseRequestOf } from '../lease/request.js';
import { withLease } from '../lease/with-lease.js';
import { carryOutAll, planAll } from './all-images.js';
import { nothingToPromote } from './first-environment.js';
import { type Job, outputs, type PromoteOutputs, sayNext, sidesOf } from './job.js';
import type { PromoteRequest } from './options.js';
import { checkDistinct, type NamedImage, nameImage } from './plan.js';
import { type Repositories, repositoriesOf } from './repositories.js';
import { removeOld, resultFilesOf, writeResult } from './result.js';
import { routeOf } from './route.js';

/**
 * Copies the images of one environment into the repository of the next, by digest and with their signatures, attestations and SBOMs.
 * @throws OpError (usage, input, tool, deadline, refused)
 */
export async function promote(context: Context, request: PromoteRequest): Promise<PromoteOutputs> {
  const files = resultFilesOf(context, request);
  const environments = await readEnvironments(context, request);
  const route = routeOf(environments, request);
  // What may not be promoted at all changes nothing; what fails from here on leaves no result of an earlier one behind.
  if (!request.dryRun) await removeOld(files);
  const repositories = await repositoriesOf(context, environments, route, request);
  const images = await withDeadline(context, request.timeout, tooLate(request), (limited) =>
    imagesOf(limited, request),
  );
  const job: Job = { request, route, repositories, files };
  if (request.until !== undefined) {
    context.log.step(`route: ${environments.names.join(' -> ')}, until ${request.until}`);
  }
  const { source } = repositories;
  if (source === undefined || repositories.destination === undefined) {
    return alone(context, job, (inner) => nothingToPromote(inner, job, images));
  }
  const names = { source: source.value, destination: repositories.destination.value };
  const named = images.map((image) => nameImage(image, repositories.all, names));
  checkDistinct(named);
  for (const { imageName, to } of named) {
    if (to.tag === undefined)
      context.log.warn(`image "${imageName}" has no tag: a clean-up of the registry may remove it`);
  }
  if (route.warning !== undefined) context.log.warn(`${route.warning}, and --allow-skip allows it`);
  return alone(context, job, (inner) =>
    withDeadline(inner, request.timeout, tooLate(request), (limited) => promoteAll(limited, job, named)),
  );
}

/** With the Lease of the destination, when there is a holder for it. A dry run changes nothing, and needs none. */
async function alone<T>(
  context: Context,
  { request, route: { destination } }: Job,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  const component = request.component ?? destination.component;
  const lease = leaseRequestOf(request, destination.name, component);
  if (lease === undefined || request.dryRun) return work(context);
  return withApi(context, clusterOf(request, destination), (api, connected) => withLease(connected, api, lease, work));
}

async function promoteAll(context: Context, job: Job, named: readonly NamedImage[]): Promise<PromoteOutputs> {
  const { request, repositories } = job;
  const { source, destination } = sidesOf(job);
  const { log } = context;
  log.step(
    `promote ${countOf(named.length, 'image')} from ${source.environment} (${source.repository}) to ${destination.environment} (${destination.repository})`,
  );
  log.debug(`the repositories are those of ${origins(repositories)}`);
  const started = context.now();
  const credentials = await prepareDockerConfig(context, request.dockerconfig);
  try {
    const { pauses } = request;
    const access = { insecure: request.insecureRegistry, env: credentials.env, ...(pauses ? { pauses } : {}) };
    const registries = named.flatMap(({ from, to }) => [registryOf(from), registryOf(to)]);
    const promoted = await withRegctl(context, access, registries, async (regctl) => {
      const plan = await planAll(context, regctl, job, named);
      return request.dryRun ? undefined : await carryOutAll(context, regctl, job, plan);
    });
    if (promoted === undefined) {
      log.step('dry run: nothing is copied, and no result written; leave out --dry-run to promote');
      return { PROMOTED: '' };
    }
    const built = await writeResult(job.files, { source, destination }, promoted);
    const counts = (['copied', 'overwritten', 'already-there'] as const)
      .map((outcome) => [promoted.filter((one) => one.outcome === outcome).length, outcome.replace('-', ' ')] as const)
      .filter(([count]) => count > 0)
      .map(([count, outcome]) => `${count} ${outcome}`);
    const took = secondsBetween(started, context.now());
    log.step(
      `promoted ${countOf(promoted.length, 'image')} to ${destination.environment} in ${took} s: ${counts.join(', ')}`,
    );
    sayNext(context, job);
    return outputs(built);
  } finally {
    await credentials.dispose();
  }
}

const origins = ({ source, destination }: Repositories) =>
  [source, destination].map((setting) => `${setting?.key} (${setting?.origin})`).join(' and ');

const tooLate = ({ timeout, destination }: PromoteRequest) => ({
  what: `the promotion to ${destination} did not end within ${timeout / 1000} s`,
  why: 'a registry is slow, or asks to wait (Retry-After)',
  hint: 'run the same command again: it goes on where it stopped; or give it more time with --timeout',
});
