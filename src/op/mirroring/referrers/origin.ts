import * as v from 'valibot';
import { digestForm, type Manifest } from '../../systems/registry/client/content.js';
import { fetchManifest, findDigest } from '../../systems/registry/client/manifests.js';
import { type Referrer, readReferrers, tagOfDigest } from '../../systems/registry/client/referrers.js';
import { nameOf, type Repository } from '../../systems/registry/client/repository.js';
import type { Origin } from '../registries/origin.js';
import type { Known } from './known.js';
import type { ReferrerLists } from './lists.js';

/** Where an image comes from, with what refers to it. */
export interface ReferrerOrigin {
  /** For messages. */
  readonly name: string;
  /** What refers to a manifest, as the source says. @throws RegistryFailure */
  readonly list: (subject: string) => Promise<readonly Referrer[]>;
  /** The digest that a tag has; undefined if there is none. @throws RegistryFailure */
  readonly find: (tag: string) => Promise<string | undefined>;
  /** @throws RegistryFailure */
  readonly manifest: (digest: string) => Promise<Manifest>;
}

/** Where an image comes from and goes to. */
export interface Pair {
  readonly from: ReferrerOrigin;
  readonly to: Repository;
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

/**
 * What refers to images of an origin: nothing, if it is no repository. A list under a tag is read only when it has changed, as registries count
 * what is read.
 */
export function referrersOf({ lists, known }: ReferrerSearch, origin: Origin, signal: AbortSignal): ReferrerOrigin {
  const { name, repository } = origin;
  const manifest = (digest: string) => origin.manifest(digest, signal);
  if (repository === undefined) return { name, manifest, find: async () => undefined, list: async () => [] };
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

const plain = ({ artifactType, ...rest }: Referrer): v.InferOutput<typeof referrers>[number] =>
  artifactType === undefined ? rest : { ...rest, artifactType };
