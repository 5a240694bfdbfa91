import { digestForm, largestManifest, type Manifest, manifestTypes, readManifest, sha256 } from './content.js';
import { drop } from './exchange.js';
import { RegistryFailure } from './failure.js';
import { refusal } from './host.js';
import { call, nameOf, type Repository, reading, writing } from './repository.js';

const accept = { accept: manifestTypes.join(', ') } as const;

/**
 * The digest that a tag or a digest has now, with one request that no registry counts as a pull; undefined if there is none. Some registries
 * answer HEAD with 400, 404 or 405 for what GET gives, or do not say the digest: until one has found something by HEAD, GET must say that
 * there is none.
 * @param expected `absent`: where GET would have to say so, it is asked at once
 */
export async function findDigest(
  repository: Repository,
  reference: string,
  signal: AbortSignal,
  expected?: 'absent',
): Promise<string | undefined> {
  const { shown } = repository.api;
  if (expected === 'absent' && !shown.findsByHead) return (await fetchBytes(repository, reference, signal))?.digest;
  const parts = { at: `manifests/${reference}`, scope: reading(repository), headers: accept, signal };
  const answer = await call(repository, { method: 'HEAD', ...parts });
  drop(answer);
  const digest = answer.headers['docker-content-digest']?.toString() ?? '';
  if (answer.status === 200 && digestForm.test(digest)) {
    shown.findsByHead = true;
    return digest;
  }
  if (answer.status === 404 && shown.findsByHead) return undefined;
  if (![200, 400, 404, 405].includes(answer.status)) {
    throw await refusal(answer, `cannot read ${nameOf(repository, reference)}`);
  }
  return (await fetchBytes(repository, reference, signal))?.digest;
}

/** A manifest by tag or digest; undefined if there is none. @throws RegistryFailure also for one that has another digest */
export async function fetchManifest(
  repository: Repository,
  reference: string,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const found = await fetchBytes(repository, reference, signal);
  if (found === undefined) return undefined;
  const manifest = readManifest(found.bytes, found.digest, found.sentType);
  if ('why' in manifest) throw cannotRead(repository, reference, manifest.why);
  return manifest;
}

/** The same of any kind, as the registry has it. */
export async function fetchBytes(
  repository: Repository,
  reference: string,
  signal: AbortSignal,
): Promise<{ readonly bytes: Buffer; readonly digest: string; readonly sentType: string | undefined } | undefined> {
  const { api, path } = repository;
  const answer = await api.read(
    {
      method: 'GET',
      target: `/v2/${path}/manifests/${reference}`,
      scope: reading(repository),
      headers: accept,
      signal,
    },
    largestManifest,
  );
  if (answer.status === 404) {
    drop(answer);
    return undefined;
  }
  const bytes = answer.content;
  if (bytes === undefined) throw await refusal(answer, `cannot read ${nameOf(repository, reference)}`);
  const digest = sha256(bytes);
  if (digestForm.test(reference) && digest !== reference) {
    throw cannotRead(repository, reference, `the registry sent a manifest with the digest ${digest}`);
  }
  return { bytes, digest, sentType: answer.headers['content-type'] };
}

const cannotRead = (repository: Repository, reference: string, why: string) =>
  new RegistryFailure(`cannot read ${nameOf(repository, reference)}`, why, 'other', repository.api.registry);

/**
 * Stores a manifest under a tag or its digest.
 * @param condition a header such as `If-Match`
 * @returns whether the registry will list it among those that refer to its subject. Source: OCI distribution specification, "Pushing
 * Manifests with Subject"
 * @throws RegistryFailure also when the registry says another digest
 */
export async function putManifest(
  repository: Repository,
  reference: string,
  { mediaType, bytes, digest }: Pick<Manifest, 'mediaType' | 'bytes' | 'digest'>,
  signal: AbortSignal,
  condition: Readonly<Record<string, string>> = {},
): Promise<{ readonly isListed: boolean }> {
  const what = `cannot write ${nameOf(repository, reference)}`;
  const answer = await call(repository, {
    method: 'PUT',
    at: `manifests/${reference}`,
    scope: writing(repository),
    headers: { 'content-type': mediaType, 'content-length': `${bytes.length}`, ...condition },
    body: bytes,
    signal,
  });
  if (answer.status !== 201 && answer.status !== 200 && answer.status !== 202) {
    throw await refusal(answer, what, 'put-manifest');
  }
  drop(answer);
  const stored = answer.headers['docker-content-digest']?.toString() ?? digest;
  if (stored !== digest) {
    throw new RegistryFailure(
      what,
      `the registry stored it as ${stored} instead of ${digest}`,
      'other',
      repository.api.registry,
    );
  }
  return { isListed: answer.headers['oci-subject'] !== undefined };
}
