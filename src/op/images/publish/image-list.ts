import { resolve } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError, refusedError, usageError } from '../../kit/errors/op-error.js';
import { chooseStore } from '../../store/choose/choose.js';
import { openStore } from '../../store/choose/open.js';
import type { ConfigMap } from '../../store/documents/config-maps.js';
import { parseReference } from '../../systems/registry/reference.js';
import { type BuildResult, type BuiltImage, selectImages } from '../build-result/build-result.js';
import { readBuildResult } from '../build-result/result-file.js';
import { nameFor } from './config-map.js';
import type { ImagesSource } from './options.js';

/** The default name of the file with the list of images. */
export const usualBuildResult = 'build_result.json';

/**
 * The chosen images: of a build result, or as they were published.
 * @throws OpError (input) when there are none, or a name is unknown
 */
export async function imagesOf(context: Context, source: ImagesSource): Promise<readonly BuiltImage[]> {
  const { fromImageInfo, buildResult = usualBuildResult, imageName, listDigest } = source;
  if (fromImageInfo && listDigest !== undefined) throw twoSources();
  const result: BuildResult = fromImageInfo
    ? await readImageInfo(context, source)
    : await readBuildResult(resolve(context.cwd, buildResult), listDigest);
  if (imageName.length === 0) return result.images;
  return [...new Set(imageName.flatMap((name) => selectImages(result, name)))];
}

/** Where images were published; without names, all of them, which must be from one commit. */
type ImageInfoSource = Pick<ImagesSource, 'imageInfoNamespace' | 'configmapPrefix' | 'imageName' | 'store'>;

/** The label of the ConfigMaps that `op publish` writes. */
const label = ['app.kubernetes.io/component', 'image-info'] as const;

const data = v.looseObject({
  'image-name': v.pipe(v.string(), v.nonEmpty()),
  'image-url': v.pipe(v.string(), v.nonEmpty()),
  'image-digest': v.pipe(v.string(), v.nonEmpty()),
  'git-revision': v.pipe(v.string(), v.nonEmpty()),
});

/**
 * Reads the images that `op publish` wrote into ConfigMaps, in the cluster that op runs in or in another store.
 * @throws OpError (input) when none is found, or one is malformed; (refused) when they are of several commits; (tool) when the store does not answer
 */
async function readImageInfo(
  context: Context,
  { imageInfoNamespace, configmapPrefix: prefix, imageName, store: flag }: ImageInfoSource,
): Promise<BuildResult> {
  const chosen = await chooseStore(context, flag);
  await using store = await openStore(context, chosen, { where: { namespace: imageInfoNamespace } });
  const found = await store.configMaps.list(...label);
  const published = found.filter(({ name }) => name.startsWith(`${prefix}-`)).map(publicationIn);
  // With the prefix `shop`, the ConfigMap `shop-admin-web` is not ours but that of `web` with the prefix `shop-admin`.
  const ours = published.filter(({ name, image }) => name === nameFor(prefix, image.imageName));
  const path = `the ConfigMaps ${prefix}-* in ${store.place}`;
  if (imageName.length === 0) refuseMixture(path, ours);
  if (ours.length > 0) return { path, images: ours.map(({ image }) => image) };
  throw inputError({
    what: `no image is published in ${store.place}`,
    why: `no ConfigMap ${prefix}-… with the label ${label.join('=')} was found`,
    hint:
      chosen.kind === 'cluster'
        ? 'run op publish first, or give its namespace with --image-info-namespace and its --configmap-prefix'
        : 'run op publish first, with the same --store and --configmap-prefix',
  });
}

interface Published {
  /** Of the ConfigMap. */
  readonly name: string;
  readonly image: BuiltImage;
  readonly revision: string;
}

/** Images of two commits were never tested together. */
function refuseMixture(path: string, published: readonly Published[]): void {
  const revisions = [...new Set(published.map(({ revision }) => revision))];
  if (revisions.length < 2) return;
  const said = published.map(({ image, revision }) => `${image.imageName} of ${revision.slice(0, 12)}`);
  throw refusedError({
    what: `${path} are not of one commit`,
    why: `they hold ${said.join(', ')}: a build published only some of them, or two applications share the prefix`,
    hint: 'publish the whole commit again, give each application its own --configmap-prefix, or choose images with --image-name',
  });
}

function publicationIn(object: ConfigMap): Published {
  const read = v.safeParse(data, object.data);
  if (!read.success) throw malformed(object, v.summarize(read.issues));
  const { 'image-name': imageName, 'image-url': url, 'image-digest': digest, 'git-revision': revision } = read.output;
  const reference = parseReference(`${url}@${digest}`);
  if ('problem' in reference) throw malformed(object, reference.problem);
  return { name: object.name, image: { imageName, reference }, revision };
}

const malformed = ({ name }: ConfigMap, why: string) =>
  inputError({
    what: `ConfigMap ${name} does not say which image it is`,
    why,
    hint: 'run op publish again: it rewrites the ConfigMap',
  });

const twoSources = () =>
  usageError({
    what: '--list-digest and --from-image-info exclude each other',
    why: 'the digest is that of a list, and image info is not read from a list',
    hint: 'give one of them',
  });
