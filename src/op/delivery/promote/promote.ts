import { relative } from 'node:path';
import type { Context } from '../../context.js';
import type { BuiltImage } from '../../images/build-result/build-result.js';
import { imagesOf } from '../../images/publish/image-list.js';
import { countOf, secondsBetween } from '../../kit/log/format.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { checkHelpers } from '../../systems/registry/missing-helper.js';
import { formatReference } from '../../systems/registry/reference.js';
import { checkAllowed, checkBelow } from '../environments/allowed-images.js';
import { clusterOfEnvironment, type Environment } from '../environments/environment.js';
import { readEnvironments } from '../environments/read.js';
import { acquireLeaseAt } from '../lease/acquire.js';
import { type LeaseRequest, leaseRequestOf } from '../lease/request.js';
import { createArtifactReader } from './artifacts.js';
import { checkTags, copyImages, type PromotedImage } from './copy-images.js';
import { type NamedImage, nameImages } from './name-images.js';
import type { PromoteRequest } from './options.js';
import { planImages } from './plan.js';
import { openRegistries } from './registries.js';
import {
  type DestinationList,
  type ResultFiles,
  removeOldResults,
  resultFilesOf,
  type Side,
  writePromotionResults,
} from './result.js';
import { repositoriesOf, routeOf } from './route.js';
import { checkSignatureOptions } from './signature.js';

/** The outputs of `op promote-image`. */
export interface PromoteOutputs {
  /** `registry/path:tag@digest`, separated by commas. */
  readonly PROMOTED: string;
  /** The digest of the list of the images at the destination; empty for a dry run. */
  readonly LIST_DIGEST: string;
}

/**
 * Copies the images of one environment into the repository of the next, by digest and with their signatures, attestations and SBOMs.
 * @throws OpError (usage, input, tool, deadline, refused)
 */
export async function promote(context: Context, request: PromoteRequest): Promise<PromoteOutputs> {
  const promotion = await preparePromotion(context, request);
  const { sides, images, environment, files } = promotion;
  // A dry run changes nothing, so it needs no Lease.
  await using lease = await acquireLeaseAt(
    context,
    clusterOfEnvironment(request, environment),
    request.dryRun ? undefined : promotion.lease,
  );
  if (sides.source === null) {
    const built = await recordFirstEnvironment(lease.context, promotion);
    lease.succeeded();
    return outputsOf(built);
  }
  using deadline = startDeadline(lease.context, request.timeout, tooLate(request));
  const inTime = deadline.context;
  const { source, destination } = sides;
  inTime.log.step(
    `promote ${countOf(images.length, 'image')} from ${source.environment} (${source.repository}) to ${destination.environment} (${destination.repository})`,
  );
  const started = inTime.now();
  await using credentials = await prepareDockerConfig(inTime, request.dockerconfig);
  const { pauses, jobs, overwrite, referrers, dryRun } = request;
  const sidesOfAll = promotion.named.flatMap(({ from, to }) => [from, to]);
  checkHelpers(inTime, credentials.logins, sidesOfAll);
  await using registries = openRegistries(inTime, { insecure: request.insecureRegistry, credentials, pauses });
  const artifacts = createArtifactReader(registries);
  const names = { source: source.environment, destination: destination.environment };
  const plans = await planImages(inTime, { registries, artifacts }, promotion.named, {
    overwrite,
    referrers,
    dryRun,
    requireSignature: request.requireSignature,
    jobs,
    ...names,
  });
  if (dryRun) {
    inTime.log.step('dry run: no image copied and no result written; omit --dry-run to promote');
    return { PROMOTED: '', LIST_DIGEST: '' };
  }
  const promoted = await copyImages(inTime, { registries, artifacts }, plans, { jobs, destination: names.destination });
  await checkTags(inTime, registries, promoted, { jobs, destination: names.destination });
  const built = await writePromotionResults(files, sides, promoted);
  const took = secondsBetween(started, inTime.now());
  inTime.log.step(
    `promoted ${countOf(promoted.length, 'image')} to ${names.destination} in ${took} s: ${summaryOf(promoted)}`,
  );
  logNextCommand(inTime, promotion);
  lease.succeeded();
  return outputsOf(built);
}

/** A promotion that was checked as far as that is possible without a registry. */
interface Promotion {
  readonly request: PromoteRequest;
  /** The destination. */
  readonly environment: Environment;
  readonly files: ResultFiles;
  /** Without a source there is nothing to copy. */
  readonly sides: { readonly source: Side | null; readonly destination: Side };
  readonly images: readonly BuiltImage[];
  /** The same images with their names at both sides; empty without a source. */
  readonly named: readonly NamedImage[];
  readonly lease: LeaseRequest | undefined;
}

async function preparePromotion(context: Context, request: PromoteRequest): Promise<Promotion> {
  const { log } = context;
  checkSignatureOptions(request);
  const files = resultFilesOf(context, request);
  const environments = await readEnvironments(context, request);
  const route = routeOf(environments, request);
  // A promotion that is not allowed changes nothing; one that fails later leaves no result of an earlier promotion behind.
  if (!request.dryRun) await removeOldResults(files);
  const environment = route.destination;
  const { source, destination, all } = await repositoriesOf(context, environments, route, request);
  const images = await readImages(context, request);
  if (request.until !== undefined) log.detail(`route: ${environments.names.join(' -> ')}, until ${request.until}`);
  const named =
    source === undefined || destination === undefined
      ? []
      : nameImages(images, all, { source: source.value, destination: destination.value });
  // Nothing is copied to the first environment: the images must be below its repository already.
  if (source === undefined && destination !== undefined) checkBelow(environment, images, destination.value);
  const delivered = named.length > 0 ? named.map(({ imageName, to }) => ({ imageName, reference: to })) : images;
  checkAllowed(environment, delivered, destination?.value);
  for (const { imageName, to } of named) {
    if (to.tag === undefined) log.warn(`image "${imageName}" has no tag: a clean-up of the registry may delete it`);
  }
  if (route.warning !== undefined) log.warn(`${route.warning}, and --allow-skip allows it`);
  for (const { key, origin } of [source, destination].filter((one) => one !== undefined)) {
    log.debug(`repository from ${key} (${origin})`);
  }
  return {
    request,
    environment,
    files,
    sides: {
      source: source === undefined ? null : { environment: route.source?.name ?? '', repository: source.value },
      destination: { environment: environment.name, repository: destination?.value ?? null },
    },
    images,
    named,
    lease: leaseRequestOf(request, environment.name, request.component ?? environment.component),
  };
}

async function readImages(context: Context, request: PromoteRequest): Promise<readonly BuiltImage[]> {
  using deadline = startDeadline(context, request.timeout, tooLate(request));
  return await imagesOf(deadline.context, request);
}

/** The first environment: nothing is copied, its images are where they were built. */
async function recordFirstEnvironment(context: Context, promotion: Promotion): Promise<DestinationList> {
  const { destination } = promotion.sides;
  context.log.step(`${destination.environment} is the first environment: nothing to promote`);
  if (promotion.request.dryRun) return { images: [], digest: '' };
  const promoted = promotion.images.map(
    ({ imageName, reference }): PromotedImage => ({
      imageName,
      from: reference,
      to: reference,
      digest: reference.digest ?? '',
      action: 'already there',
      found: reference.digest,
      referrers: undefined,
      digestTags: [],
      foreignLayers: [],
      outcome: 'already-there',
    }),
  );
  const built = await writePromotionResults(promotion.files, promotion.sides, promoted);
  logNextCommand(context, promotion);
  return built;
}

function summaryOf(promoted: readonly PromotedImage[]): string {
  const counts = (['copied', 'overwritten', 'attached', 'already-there'] as const).map((outcome) => {
    const count = promoted.filter((one) => one.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${outcome.replace('-', ' ')}`];
  });
  return counts.flat().join(', ');
}

function logNextCommand({ log, cwd }: Context, { request, files, environment }: Promotion): void {
  const { environments, kubeconfigs, kubeconfig, context, namespace, destinationRepository: repository } = request;
  const component = ` --component ${request.component ?? environment.component ?? 'NAME'}`;
  const file = ` --build-result ${relative(cwd, files.buildResult)}`;
  const at = environments === undefined ? '' : ` --environments ${environments}`;
  // When op writes the manifests, there is no rollout to watch before that.
  if (environment.manifests !== undefined) {
    log.step(`next: op set-image --environment ${environment.name}${file}${at}`);
    return;
  }
  const given = { environments, kubeconfigs, kubeconfig, context, namespace, repository };
  const more = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [` --${name} ${value}`]));
  log.step(`next: op watch-deployment --environment ${environment.name}${component}${file}${more.join('')}`);
}

const outputsOf = ({ images, digest }: DestinationList): PromoteOutputs => ({
  PROMOTED: images.map(({ reference }) => formatReference(reference)).join(','),
  LIST_DIGEST: digest,
});

const tooLate = ({ timeout, destination }: PromoteRequest) => ({
  what: `the promotion to ${destination} timed out after ${timeout / 1000} s`,
  why: 'a registry is slow, or asks to wait (Retry-After)',
  hint: 'run the same command again: it continues where it stopped; or increase --timeout',
});
