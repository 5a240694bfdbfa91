import { digestForm } from './content.js';
import { drop } from './exchange.js';
import { refusal } from './host.js';
import { findDigest } from './manifests.js';
import { call, nameOf, type Repository } from './repository.js';

/** `cannot`: the registry does not delete this kind of reference, and has it still. */
export type Deleted = 'deleted' | 'absent' | 'cannot';

/**
 * Deletes a tag, or a manifest by its digest and with it all of its tags. Registries need not do either. Source: OCI distribution
 * specification, "Deleting tags" and "Deleting Manifests": 202; 400 or 405 where that is disabled.
 * @throws RegistryFailure for any other refusal
 */
export async function deleteManifest(repository: Repository, reference: string, signal: AbortSignal): Promise<Deleted> {
  const scope = [`repository:${repository.path}:pull,delete`];
  const answer = await call(repository, { method: 'DELETE', at: `manifests/${reference}`, scope, signal });
  const { status } = answer;
  if ([200, 202, 204].includes(status)) {
    drop(answer);
    return 'deleted';
  }
  const isByDigest = digestForm.test(reference);
  // A registry that only knows digests takes a tag for one that is not there, or not valid.
  if (status === 405 || status === 501 || (status === 400 && !isByDigest)) {
    drop(answer);
    return 'cannot';
  }
  if (status !== 404) throw await refusal(answer, `cannot delete ${nameOf(repository, reference)}`);
  drop(answer);
  return (await findDigest(repository, reference, signal)) === undefined ? 'absent' : 'cannot';
}
