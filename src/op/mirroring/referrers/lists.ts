import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { listReferrers, type Referrer } from '../../systems/registry/client/referrers.js';
import { readReferrersTag } from '../../systems/registry/client/referrers-tag.js';
import { nameOf, type Repository } from '../../systems/registry/client/repository.js';

/** Lists what refers to manifests. A registry that has no API for it is not asked again. */
export interface ReferrerLists {
  /** Undefined if the registry does not say. @throws RegistryFailure */
  readonly byApi: (
    repository: Repository,
    subject: string,
    signal: AbortSignal,
  ) => Promise<readonly Referrer[] | undefined>;
  /** By the API or the tag of the manifest. What cannot be looked into before it exists has nothing. @throws RegistryFailure */
  readonly atDestination: (
    repository: Repository,
    subject: string,
    signal: AbortSignal,
  ) => Promise<readonly Referrer[]>;
}

/** Creates the lists of one run. */
export function createReferrerLists(): ReferrerLists {
  /** Repositories whose registry has no API. */
  const without = new Set<string>();
  const byApi: ReferrerLists['byApi'] = async (repository, subject, signal) => {
    const name = nameOf(repository);
    if (without.has(name)) return undefined;
    const listed = await listReferrers(repository, subject, signal);
    if (listed === 'no-api') without.add(name);
    return typeof listed === 'string' ? undefined : listed;
  };
  return {
    byApi,
    atDestination: async (repository, subject, signal) => {
      try {
        const listed = await byApi(repository, subject, signal);
        return listed ?? (await readReferrersTag(repository, subject, signal)) ?? [];
      } catch (error) {
        const isRefused = error instanceof RegistryFailure && error.problem === 'refused';
        if (isRefused && repository.api.isTokenService()) return [];
        throw error;
      }
    },
  };
}
