import * as v from 'valibot';
import { parseJson } from '../../../kit/json/parse-json.js';
import {
  artifactTypeForm,
  type Descriptor,
  descriptor,
  digestForm,
  isClearManifest,
  largestManifest,
  mostDescriptors,
} from './content.js';
import { readBody } from './exchange.js';
import { RegistryFailure, saidIn } from './failure.js';
import { refusal } from './host.js';
import { nextPage } from './next-page.js';
import { nameOf, type Repository, reading } from './repository.js';

/** A manifest that refers to another, as a list names it: until it was read, only the list says so. */
export interface Referrer extends Descriptor {
  /** Undefined if the list does not say. */
  readonly artifactType: string | undefined;
}

/** Pages of a list. */
const mostPages = 1000;

/**
 * What refers to a manifest, by the referrers API; `no-api` if the registry has none, and `unknown` if it does not know the manifest or the
 * repository. Source: OCI distribution specification, "Listing Referrers".
 * @throws RegistryFailure also for a list that is none, or is too long
 */
export async function listReferrers(
  repository: Repository,
  subject: string,
  signal: AbortSignal,
): Promise<readonly Referrer[] | 'no-api' | 'unknown'> {
  const { api, path } = repository;
  const what = `cannot list what refers to ${nameOf(repository, subject)}`;
  const found: Referrer[] = [];
  const seen = new Set<string>();
  let target: string | URL = `/v2/${path}/referrers/${subject}`;
  for (let page = 0; page < mostPages; page++) {
    const headers = { accept: 'application/vnd.oci.image.index.v1+json' };
    // ghcr.io redirects to its website, which has a strict limit of requests: artifacthub/hub issue 4785.
    const parts = { method: 'GET', target, scope: reading(repository), headers, staysHere: true, signal } as const;
    const answer = await api.read(parts, largestManifest);
    if (answer.content === undefined) {
      if ([401, 403].includes(answer.status) || page > 0) throw await refusal(answer, what);
      const said = await readBody(answer, 64 * 1024).then(
        (body) => saidIn(body.toString('utf8')),
        () => '',
      );
      return answer.status === 404 && /\b(?:NAME|MANIFEST)_UNKNOWN\b/u.test(said) ? 'unknown' : 'no-api';
    }
    // A website, which answers to every address.
    if (page === 0 && answer.headers['content-type']?.startsWith('text/html')) return 'no-api';
    found.push(...readReferrers(answer.content, what, api.registry));
    if (found.length > mostDescriptors) throw tooMany(what, api.registry);
    const next = nextPage(repository, answer, seen, what);
    if (next === undefined) return found;
    target = next;
  }
  throw tooMany(what, api.registry);
}

const listed = v.looseObject({
  ...descriptor.entries,
  artifactType: v.optional(v.string(), ''),
});
const shape = v.looseObject({ manifests: v.nullish(v.pipe(v.array(listed), v.maxLength(mostDescriptors))) });

/** Those in a list, which is an index. @param what for the failure @throws RegistryFailure when it is no list */
export function readReferrers(index: Buffer, what: string, registry: string): readonly Referrer[] {
  const text = index.toString('utf8');
  const read = parseJson(shape, text);
  if (read === undefined) {
    throw new RegistryFailure(what, 'the answer is no index of manifests with SHA-256 digests', 'other', registry);
  }
  if (!isClearManifest(text)) {
    throw new RegistryFailure(
      what,
      'it has a key twice, or in another case, which others read differently',
      'other',
      registry,
    );
  }
  return (read.manifests ?? []).map(({ mediaType, digest, size, artifactType }) => ({
    mediaType,
    digest,
    size,
    artifactType: artifactTypeForm.test(artifactType) ? artifactType : undefined,
  }));
}

const tooMany = (what: string, registry: string) =>
  new RegistryFailure(what, `the list has more than ${mostDescriptors} entries`, 'other', registry);

/**
 * The tag under which a registry without the referrers API has the list of what refers to a manifest; with a suffix, the tags of cosign.
 * Source: OCI distribution specification, "Referrers Tag Schema"; cosign, "Signature Specification".
 */
export function tagOfDigest(digest: string, suffix = ''): string {
  if (!digestForm.test(digest)) throw new Error(`${digest} was not checked`);
  return `${digest.replace(':', '-')}${suffix}`;
}
