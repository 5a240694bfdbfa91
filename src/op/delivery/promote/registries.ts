import type { Context } from '../../context.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { findDigest } from '../../systems/registry/client/manifests.js';
import { connectRegistries, type Registries } from '../../systems/registry/client/registries.js';
import { createManifestMemory, type ManifestMemory } from '../../systems/registry/copy/manifest-memory.js';
import { type BlobPlacer, createBlobPlacer } from '../../systems/registry/copy/place-blobs.js';
import { createReferrerTagWriter, type ReferrerTagWriter } from '../../systems/registry/copy/referrer-tag-writer.js';
import type { DockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import type { Reference } from '../../systems/registry/reference.js';

/** What a promotion reads from and writes to. */
export interface PromoteRegistries extends Registries {
  readonly manifests: ManifestMemory;
  readonly blobs: BlobPlacer;
  /** Blobs that repositories of the destination were found to lack, as `placeOf` names them. */
  readonly lacking: Set<string>;
  readonly tags: ReferrerTagWriter;
  /** The digest that a reference has now; undefined if there is none. @throws RegistryFailure */
  readonly find: (image: Reference) => Promise<string | undefined>;
  /**
   * The same of what may not exist yet: a registry with a token service also refuses when there is no such repository. After the copy, it
   * must answer.
   */
  readonly findAtDestination: (image: Reference) => Promise<string | undefined>;
  /** Milliseconds before further attempts of what a registry refuses while others write to it. */
  readonly pauses: readonly number[];
  readonly log: Context['log'];
  readonly signal: AbortSignal;
}

/** Milliseconds before further attempts. */
const usualPauses = [1000, 3000, 10_000, 30_000];
/** Milliseconds without a byte, after which a connection is given up. */
const idle = 60_000;

interface Access {
  /** Registries without TLS. */
  readonly insecure: readonly string[];
  readonly credentials: DockerConfig;
  readonly pauses: readonly number[] | undefined;
}

/** Opens the registries of a promotion, each when it is first needed. */
export function openRegistries(
  context: Context,
  { insecure, credentials: { env, logins }, pauses = usualPauses }: Access,
): PromoteRegistries {
  const { signal } = context;
  const settings = { insecure, env, logins, patience: { pauses, idle } };
  const registries = connectRegistries(context, async () => settings);
  const lacking = new Set<string>();
  const find: PromoteRegistries['find'] = async (image) =>
    findDigest(await registries.repository(image), image.digest ?? image.tag ?? 'latest', signal);
  return {
    repository: registries.repository,
    manifests: createManifestMemory(),
    blobs: createBlobPlacer(context, { pauses, lacking }),
    lacking,
    tags: createReferrerTagWriter(),
    find,
    findAtDestination: async (image) => {
      try {
        return await find(image);
      } catch (error) {
        const isRefused = error instanceof RegistryFailure && error.problem === 'refused';
        if (isRefused && (await registries.repository(image)).api.isTokenService()) return undefined;
        throw error;
      }
    },
    pauses,
    log: context.log,
    signal,
    [Symbol.asyncDispose]: () => registries[Symbol.asyncDispose](),
  };
}
