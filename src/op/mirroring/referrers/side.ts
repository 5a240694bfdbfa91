import * as v from 'valibot';
import { digestForm, type Manifest } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { fetchManifest, findDigest } from '../../systems/registry/client/manifests.js';
import { type Referrer, readReferrers, tagOfDigest } from '../../systems/registry/client/referrers.js';
import { nameOf, type Repository } from '../../systems/registry/client/repository.js';
import { mustFetch } from '../../systems/registry/copy/image-tree.js';
import type { ListedReferrer, Origin } from '../registries/origin.js';
import { isCosignTag } from './kinds.js';
import type { Known } from './known.js';
import type { ReferrerLists } from './lists.js';

/** Where an image comes from, or goes to, with what refers to it. */
export interface ReferrerSide {
  /** For messages. */
  readonly name: string;
  /** What refers to a manifest, as this side says. @throws RegistryFailure */
  readonly list: (subject: string) => Promise<readonly Referrer[]>;
  /** The digest that a tag has; undefined if there is none. @throws RegistryFailure */
  readonly find: (tag: string) => Promise<string | undefined>;
  /** @throws RegistryFailure */
  readonly manifest: (digest: string) => Promise<Manifest>;
  /** Nobody else writes there: what it has came from the source. */
  readonly isOurs?: boolean;
}

/** Where an image comes from and goes to. */
export interface Pair {
  readonly from: ReferrerSide;
  readonly to: ReferrerSide;
  /** The image, for messages. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/** What one run knows of referrers. */
export interface ReferrerSearch {
  readonly lists: ReferrerLists;
  readonly known: Known;
}

const referrers = v.array(
  v.object({
    mediaType: v.string(),
    digest: v.pipe(v.string(), v.regex(digestForm)),
    size: v.number(),
    artifactType: v.optional(v.string()),
  }),
);

/** What refers to images of an origin. A list under a tag is read only when it has changed, as registries count what is read. */
export function referrersOf({ lists, known }: ReferrerSearch, origin: Origin, signal: AbortSignal): ReferrerSide {
  const { name, repository } = origin;
  const manifest = (digest: string) => origin.manifest(digest, signal);
  if (repository === undefined) return { ...listedSide(name, origin.referrers ?? []), manifest };
  return {
    name,
    find: (tag) => findDigest(repository, tag, signal),
    manifest,
    list: async (subject) => {
      const listed = await lists.byApi(repository, subject, signal);
      if (listed !== undefined) return listed;
      const digest = await findDigest(repository, tagOfDigest(subject), signal);
      if (digest === undefined) return [];
      const read = await known.recall(`list ${digest}`, referrers, async () => {
        const index = await fetchManifest(repository, digest, signal);
        const what = `cannot list what refers to ${nameOf(repository, subject)}`;
        return index && readReferrers(index.bytes, what, repository.api.registry).map(plain);
      });
      return (read ?? []).map((one) => ({ ...one, artifactType: one.artifactType }));
    },
  };
}

/** What refers to images of a destination. What cannot be looked into before it exists has nothing. */
export function referrersAt({ lists }: ReferrerSearch, to: Repository, signal: AbortSignal): ReferrerSide {
  return {
    name: nameOf(to),
    list: (subject) => lists.atDestination(to, subject, signal),
    find: async (tag) => {
      try {
        return await findDigest(to, tag, signal);
      } catch (error) {
        if (error instanceof RegistryFailure && error.problem === 'refused' && to.api.isTokenService()) {
          return undefined;
        }
        throw error;
      }
    },
    manifest: (digest) => mustFetch(to, digest, signal),
  };
}

/** What a list says that is no registry's, such as that of a disk. */
export const listedSide = (name: string, all: readonly ListedReferrer[]): Omit<ReferrerSide, 'manifest'> => ({
  name,
  list: async (subject) =>
    all
      .filter((one) => one.subject === subject && !isCosignTag(one.kind))
      .map(({ mediaType, digest, size, kind }) => ({ mediaType, digest, size, artifactType: kind })),
  find: async (tag) => all.find(({ subject, kind }) => isCosignTag(kind) && tagOfDigest(subject, kind) === tag)?.digest,
});

const plain = ({ artifactType, ...rest }: Referrer): v.InferOutput<typeof referrers>[number] =>
  artifactType === undefined ? rest : { ...rest, artifactType };
