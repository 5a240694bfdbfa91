import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/format.js';
import { oneLine } from '../../kit/log/printable.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { chooseStore, type StoreChoice } from '../../store/choose/choose.js';
import { openStore } from '../../store/choose/open.js';
import type { ConfigMaps } from '../../store/documents/config-maps.js';
import { selectImages } from '../build-result/build-result.js';
import { readBuildResult } from '../build-result/result-file.js';
import { atPlaces } from '../push/outputs.js';
import { type Existing, gitUrlAnnotation, ours, type Publication, plan, reusedAnnotation } from './config-map.js';
import type { PublishFlags } from './options.js';
import { parsePublishRequest } from './request.js';

/** The outputs of `op publish`. */
export interface Published {
  /** The names of the ConfigMaps, separated by commas. */
  readonly CONFIGMAPS: string;
}

/** The Role with the rights to publish, and its ServiceAccount. */
const ownRole = 'octopipeline-build-push';

/**
 * Writes what each image of a build result is, and which commit it was built from, into a ConfigMap per image. A ConfigMap that is
 * up to date stays unchanged, with its timestamp.
 * @throws OpError (input) for a bad value or build result, (refused) for a ConfigMap that is not op's, (tool) when the API refuses
 */
export async function publish(context: Context, flags: PublishFlags): Promise<Published> {
  const request = parsePublishRequest(flags);
  const path = resolve(context.cwd, request.buildResult);
  const list = await readBuildResult(path, flags.listDigest);
  const images = selectImages(list, request.imageName);
  const planned = plan(images, request, request.revision);
  const names = planned.map(({ name }) => name);
  const chosen = await chooseStore(context, flags.store);
  using deadline = startDeadline(context, flags.timeout, tooLate(chosen, names, flags.timeout / 1000));
  await using store = await openStore(deadline.context, chosen, { where: { namespace: flags.namespace }, ownRole });
  context.log.step(`publish ${countOf(images.length, 'image')} of ${request.buildResult} to ${store.place}`);
  const changed = await applyChanges(deadline.context, store.configMaps, planned, {
    gitUrl: request.gitUrl,
    reused: atPlaces(list.images, flags.reusedImages),
  });
  const verdict =
    changed === 0 ? 'nothing to publish: already up to date' : `published ${changed} of ${planned.length}`;
  // Of many, one shows what they are like: a line of twenty names is none that anybody reads.
  const isMany = names.length > mostShown;
  const look = store.configMaps.show(isMany ? names.slice(0, 1) : names);
  context.log.step(`${verdict}; see ${isMany ? 'the first' : 'it'} with: ${look}`);
  return { CONFIGMAPS: names.join(',') };
}

/** Where images come from, as far as a ConfigMap says it. */
interface Origin {
  readonly gitUrl: string | undefined;
  /** References of the images that were not built. */
  readonly reused: readonly string[];
}

const tooLate = ({ kind }: StoreChoice, names: readonly string[], seconds: number) => ({
  what: `${names.join(', ')} could not be published in time`,
  why: `${kind === 'cluster' ? 'the Kubernetes API' : 'the store'} did not answer within ${seconds} s`,
  hint:
    kind === 'cluster'
      ? 'look at the cluster with: kubectl get --raw /readyz'
      : 'look at the store, or increase --timeout',
});

/** @returns how many were changed */
async function applyChanges(
  context: Context,
  configMaps: ConfigMaps,
  planned: readonly Publication[],
  origin: Origin,
): Promise<number> {
  const { gitUrl } = origin;
  const existing = await readExisting(configMaps, planned);
  for (const publication of planned) refuseForeign(publication, existing.get(publication.name));
  for (const { name, info } of planned) {
    const found = existing.get(name);
    context.log.detail(`${name}: ${changeOf(found, info)}`);
    const source = found?.annotations[gitUrlAnnotation];
    if (source !== undefined && gitUrl !== undefined && source !== gitUrl) {
      context.log.warn(
        `${name} was published from ${source}, and now from ${gitUrl}; give each repository its own --configmap-prefix`,
      );
    }
  }
  const changed = planned.filter(({ name, info }) => !isUpToDate(info, existing.get(name)));
  // All of them, also when one is refused.
  valuesOf(
    await mapConcurrently(changed, atOnce, (one) => apply(context, configMaps, one, existing.get(one.name), origin)),
  );
  return changed.length;
}

const atOnce = 4;
/** ConfigMaps that the last line names. */
const mostShown = 3;

async function readExisting(configMaps: ConfigMaps, planned: readonly Publication[]) {
  const read = await mapConcurrently(planned, atOnce, async ({ name }) => {
    const found = await configMaps.get(name);
    return found === undefined ? [] : [[name, found] as const];
  });
  return new Map(valuesOf(read).flat());
}

/** Labels and keys that others added stay. */
async function apply(
  context: Context,
  configMaps: ConfigMaps,
  { name, info }: Publication,
  found: Existing | undefined,
  { gitUrl, reused }: Origin,
): Promise<void> {
  const isReused = reused.includes(`${info['image-url']}@${info['image-digest']}`);
  const annotations = {
    ...(gitUrl === undefined ? {} : { [gitUrlAnnotation]: gitUrl }),
    ...(isReused || found?.annotations[reusedAnnotation] !== undefined ? { [reusedAnnotation]: `${isReused}` } : {}),
  };
  const timestamp = context
    .now()
    .toISOString()
    .replace(/\.\d+Z$/u, 'Z');
  const data = { ...info, 'build-timestamp': timestamp };
  const others = await configMaps.apply({ name, labels: ours, annotations, data });
  // Someone edited a key by hand. These keys describe the last build, which only op knows.
  if (others.length > 0) context.log.warn(`overwriting what ${oneLine(others.join(', '))} changed in ${name}`);
}

function refuseForeign({ name, info }: Publication, found: Existing | undefined): void {
  if (found === undefined) return;
  const holder = found.data['image-name'];
  const manager = 'app.kubernetes.io/managed-by';
  const why =
    found.labels[manager] !== ours[manager]
      ? `it was not created by op: its label ${manager} is not octopipeline`
      : holder !== info['image-name']
        ? `it holds the image "${holder ?? ''}"`
        : undefined;
  if (why === undefined) return;
  throw refusedError({
    what: `ConfigMap ${name} is not overwritten with image "${info['image-name']}"`,
    why,
    hint: 'give another --configmap-prefix, or delete that ConfigMap if it is no longer needed',
  });
}

const isUpToDate = (info: Publication['info'], found: Existing | undefined) =>
  found?.data['build-timestamp'] !== undefined &&
  Object.entries(info).every(([key, value]) => found.data[key] === value);

function changeOf(found: Existing | undefined, info: Publication['info']): string {
  const { 'image-digest': digest, 'git-revision': revision } = info;
  const now = `${digest.slice(0, 19)} of commit ${revision.slice(0, 12)}`;
  if (found === undefined) return `new, ${now}`;
  if (isUpToDate(info, found)) return `unchanged since ${found.data['build-timestamp']}, ${now}`;
  const before = found.data['image-digest'];
  if (before === digest) return `same image ${digest.slice(0, 19)}, now of commit ${revision.slice(0, 12)}`;
  return `${before?.slice(0, 19) ?? 'nothing'} -> ${now}`;
}
