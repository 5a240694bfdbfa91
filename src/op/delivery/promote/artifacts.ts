import * as v from 'valibot';
import { type OpError, refusedError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { digestForm, isClearManifest } from '../../systems/registry/client/content.js';
import { listTags } from '../../systems/registry/client/list-tags.js';
import { findDigest } from '../../systems/registry/client/manifests.js';
import { listReferrers, type Referrer, tagOfDigest } from '../../systems/registry/client/referrers.js';
import { readReferrersTag } from '../../systems/registry/client/referrers-tag.js';
import type { Repository } from '../../systems/registry/client/repository.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';
import type { PromoteRegistries } from './registries.js';
import { isSignature, isSignatureTag } from './signature-kinds.js';

/**
 * Manifests of an image and of what refers to it, and how many lead from one to the next: more is no image.
 */
export const most = 2000;
export const deepest = 10;

/** What refers to an image: signatures, attestations, SBOMs, and what refers to these. */
export interface Artifacts {
  /** Digests of the manifests that refer to the image, to one of its platforms, or to another of these. */
  readonly referrers: readonly string[];
  /** What only a tag names, as cosign does: `sha256-DIGEST.sig`. */
  readonly digestTags: readonly NamedDigest[];
  /** Layers that may not be distributed: they stay where they are. */
  readonly foreignLayers: readonly string[];
  /** A signature refers to the image itself. */
  readonly isSigned: boolean;
}

export interface NamedDigest {
  readonly tag: string;
  readonly digest: string;
}

/** An image in a registry. */
export interface StoredImage {
  readonly imageName: string;
  /** With its digest. */
  readonly at: Reference;
}

/** Reads what belongs to images. */
export interface ArtifactReader {
  /**
   * @param referrers whether what refers to the image is read, too
   * @returns undefined if there is no such image
   * @throws OpError (refused) for an image that is too large, (tool) for what cannot be read
   */
  readonly read: (image: StoredImage, referrers: boolean) => Promise<Artifacts | undefined>;
}

/** Reads from these registries. */
export const createArtifactReader = (registries: PromoteRegistries): ArtifactReader => ({
  read: async (image, referrers) => {
    const repository = await registries.repository(image.at);
    return readLevels({ ...registries, repository }, image, referrers);
  },
});

/** Where it is read. */
interface Place extends Pick<PromoteRegistries, 'manifests' | 'signal'> {
  readonly repository: Repository;
}

/** Level by level, with the number of ways that lead to each manifest. */
async function readLevels(place: Place, image: StoredImage, referrers: boolean): Promise<Artifacts | undefined> {
  const { repository, manifests, signal } = place;
  const { digest: root = '' } = image.at;
  const listing = referrers ? listTags(repository, signal) : undefined;
  const ofRoot = referrers ? findReferrers(place, root) : undefined;
  // When there is no such image, nobody waits for these.
  for (const list of [listing, ofRoot]) list?.catch(() => undefined);
  if ((await manifests.bytes(repository, root, signal)) === undefined) return undefined;
  const listed = await listing;
  const tags = listed && digestTagsOf(listed);
  const known = new Map<string, Promise<Named>>();
  const named = (digest: string) => {
    const list = known.get(digest) ?? namedBy(place, digest, tags, digest === root ? ofRoot : undefined);
    known.set(digest, list);
    return list;
  };
  let level: ReadonlyMap<string, number> = new Map([[root, 1]]);
  let count = 1;
  for (let depth = 0; level.size > 0; depth += 1) {
    if (depth > deepest) throw notUsual(image, `indexes and referrers in it lead more than ${deepest} deep`);
    const next = new Map<string, number>();
    const lists = await mapConcurrently([...level], 4, async ([digest, ways]) => ({ ways, list: await named(digest) }));
    for (const { ways, list } of valuesOf(lists)) {
      const all = [...list.children, ...list.digestTags.map(({ digest }) => digest), ...list.referrers];
      count += ways * all.length;
      if (count > most) throw notUsual(image, `it and what refers to it have more than ${most} manifests`);
      if (!all.every((digest) => digestForm.test(digest)))
        throw notUsual(image, 'it names what is in it by other digests than SHA-256');
      for (const digest of all) next.set(digest, (next.get(digest) ?? 0) + ways);
    }
    level = next;
  }
  const all = await Promise.all(known.values());
  return {
    referrers: [...new Set(all.flatMap((one) => one.referrers))],
    digestTags: [...new Map(all.flatMap((one) => one.digestTags.map((tag) => [tag.tag, tag]))).values()],
    foreignLayers: [...new Set(all.flatMap((one) => one.foreignLayers))],
    isSigned: (await named(root)).isSigned,
  };
}

/** What one manifest names, each as often as it is named, and what refers to it. */
interface Named extends Artifacts {
  readonly children: readonly string[];
}

const content = v.looseObject({
  manifests: v.nullish(v.array(v.looseObject({ digest: v.string() }))),
  layers: v.nullish(v.array(v.looseObject({ digest: v.string(), mediaType: v.optional(v.string(), '') }))),
});
/** Source: OCI image specification, "Non-Distributable Layers"; Docker's image manifest, version 2, schema 2. */
const isForeign = (mediaType: string) => /\.(?:nondistributable|foreign)\./u.test(mediaType);

/** The tags that are named for a digest, such as `sha256-DIGEST.sig`, by their beginning; the list of referrers, `sha256-DIGEST`, is none. */
function digestTagsOf(tags: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const tag of tags) {
    const [start] = /^sha256-[0-9a-f]{64}(?=.)/u.exec(tag) ?? [];
    if (start === undefined) continue;
    const others = found.get(start) ?? [];
    others.push(tag);
    found.set(start, others);
  }
  return found;
}

/** By the API of the registry, or else by the list that a tag names. */
async function findReferrers({ repository, signal }: Place, digest: string): Promise<readonly Referrer[]> {
  const listed = await listReferrers(repository, digest, signal);
  return typeof listed === 'string' ? ((await readReferrersTag(repository, digest, signal)) ?? []) : listed;
}

async function namedBy(
  place: Place,
  digest: string,
  tags: ReadonlyMap<string, readonly string[]> | undefined,
  asked: Promise<readonly Referrer[]> | undefined,
): Promise<Named> {
  const { repository, manifests, signal } = place;
  const none: Named = { children: [], referrers: [], digestTags: [], foreignLayers: [], isSigned: false };
  const manifest = await manifests.bytes(repository, digest, signal);
  if (manifest === undefined) return none;
  const text = manifest.bytes.toString('utf8');
  const read = parseJson(content, text);
  if (read !== undefined && !isClearManifest(text)) throw unclear(digest);
  const children = (read?.manifests ?? []).map((child) => child.digest);
  const foreignLayers = (read?.layers ?? []).flatMap((layer) => (isForeign(layer.mediaType) ? [layer.digest] : []));
  if (tags === undefined) return { ...none, children, foreignLayers };
  const own = tags.get(tagOfDigest(digest)) ?? [];
  if (own.length > most) return { ...none, children: own };
  const tagged = await mapConcurrently(own, 4, async (tag) => ({
    tag,
    digest: await findDigest(repository, tag, signal),
  }));
  const digestTags = valuesOf(tagged).flatMap((one) =>
    one.digest === undefined ? [] : [{ ...one, digest: one.digest }],
  );
  const found = await (asked ?? findReferrers(place, digest));
  const isSigned =
    digestTags.some(({ tag }) => isSignatureTag(tag)) || found.some(({ artifactType }) => isSignature(artifactType));
  return { children, foreignLayers, digestTags, referrers: found.map((one) => one.digest), isSigned };
}

const unclear = (digest: string): OpError =>
  refusedError({
    what: `${digest} is not promoted`,
    why: 'its manifest has a key twice, or in another case, which others read differently',
    hint: 'find out who pushed it; look at it with crane manifest',
  });

const notUsual = ({ imageName, at }: StoredImage, why: string): OpError =>
  refusedError({
    what: `image "${imageName}" is not promoted`,
    why: `${formatReference(at)} is no usual image: ${why}`,
    hint: 'look at it with crane manifest; if there is too much that refers to it, leave that behind with --referrers=false',
  });
