import { pipeline, type Readable } from 'node:stream';
import type { Api, Call } from './api.js';
import { locationOf } from './api.js';
import {
  checking,
  type Descriptor,
  digestForm,
  largestManifest,
  type Manifest,
  manifestTypes,
  readManifest,
  sha256,
  WrongContent,
} from './content.js';
import { drop } from './exchange.js';
import { RegistryFailure } from './failure.js';
import { refusal } from './host.js';

/** One repository of a registry. Names, tags and digests must have been checked. */
export interface Repository {
  readonly api: Api;
  readonly path: string;
}

const reading = ({ path }: Repository) => [`repository:${path}:pull`];
const writing = ({ path }: Repository) => [`repository:${path}:pull,push`];
const nameOf = ({ api, path }: Repository, reference = '') =>
  `${api.registry}/${path}${reference === '' ? '' : digestForm.test(reference) ? `@${reference}` : `:${reference}`}`;
const call = ({ api, path }: Repository, parts: Omit<Call, 'target'> & { readonly at: string }) => {
  const { at, ...rest } = parts;
  return api.call({ ...rest, target: `/v2/${path}/${at}` });
};
const accept = { accept: manifestTypes.join(', ') } as const;

/** Pages of a list of tags, and bytes of one page. */
const mostPages = 10_000;
const largestPage = 16 * 1024 * 1024;

/**
 * All tags of a repository, page by page. What is not a tag is left out: it would be part of a URL and of messages.
 * Source: OCI distribution specification, "Listing Tags"; the page that follows is in the header Link.
 */
export async function listTags(repository: Repository, signal: AbortSignal): Promise<readonly string[]> {
  const { api, path } = repository;
  const what = `cannot list the tags of ${nameOf(repository)}`;
  const tags: string[] = [];
  const seen = new Set<string>();
  let target: string | URL = `/v2/${path}/tags/list`;
  for (let page = 0; page < mostPages; page++) {
    const answer = await api.read({ method: 'GET', target, scope: reading(repository), signal }, largestPage);
    if (answer.content === undefined) throw await refusal(answer, what);
    for (const tag of tagsIn(answer.content)) tags.push(tag);
    const next = /<([^>]*)>\s*;\s*rel="?next"?/iu.exec(answer.headers.link?.toString() ?? '')?.[1];
    if (next === undefined) return tags;
    const url = locationOf(answer.url, next);
    // The next page is asked for with the credentials of the registry.
    if (url.origin !== api.origin.origin || seen.has(url.href)) {
      throw new RegistryFailure(what, `it says that the list goes on at ${url.href}`, 'other', api.registry);
    }
    seen.add(url.href);
    target = url;
  }
  throw new RegistryFailure(what, `it has more than ${mostPages} pages`, 'other', api.registry);
}

function tagsIn(body: Buffer): readonly string[] {
  try {
    const { tags } = JSON.parse(body.toString('utf8'));
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string' && /^\w[\w.-]{0,127}$/u.test(tag)) : [];
  } catch {
    return [];
  }
}

/**
 * The digest that a tag or a digest has now, with one request that no registry counts as a pull; undefined if there is none. A registry
 * that does not say the digest is asked for the manifest.
 */
export async function findDigest(
  repository: Repository,
  reference: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const parts = { at: `manifests/${reference}`, scope: reading(repository), headers: accept, signal };
  const answer = await call(repository, { method: 'HEAD', ...parts });
  await drop(answer);
  if (answer.status === 404) return undefined;
  const digest = answer.headers['docker-content-digest']?.toString() ?? '';
  if (answer.status === 200 && digestForm.test(digest)) return digest;
  if (answer.status !== 200 && answer.status !== 405) {
    throw await refusal(answer, `cannot read ${nameOf(repository, reference)}`);
  }
  return (await fetchManifest(repository, reference, signal))?.digest;
}

/** A manifest by tag or digest; undefined if there is none. @throws RegistryFailure also for one that has another digest */
export async function fetchManifest(
  repository: Repository,
  reference: string,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const what = `cannot read ${nameOf(repository, reference)}`;
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
    await drop(answer);
    return undefined;
  }
  const bytes = answer.content;
  if (bytes === undefined) throw await refusal(answer, what);
  const digest = sha256(bytes);
  if (digestForm.test(reference) && digest !== reference) {
    throw new RegistryFailure(
      what,
      `the registry sent a manifest with the digest ${digest}`,
      'other',
      repository.api.registry,
    );
  }
  const manifest = readManifest(bytes, digest, answer.headers['content-type']);
  if ('why' in manifest) throw new RegistryFailure(what, manifest.why, 'other', repository.api.registry);
  return manifest;
}

/** Stores a manifest under a tag or its digest. @throws RegistryFailure also when the registry says another digest */
export async function putManifest(
  repository: Repository,
  reference: string,
  { mediaType, bytes, digest }: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const what = `cannot write ${nameOf(repository, reference)}`;
  const answer = await call(repository, {
    method: 'PUT',
    at: `manifests/${reference}`,
    scope: writing(repository),
    headers: { 'content-type': mediaType, 'content-length': `${bytes.length}` },
    body: bytes,
    signal,
  });
  if (answer.status !== 201 && answer.status !== 200 && answer.status !== 202) throw await refusal(answer, what);
  await drop(answer);
  const stored = answer.headers['docker-content-digest']?.toString() ?? digest;
  if (stored !== digest) {
    throw new RegistryFailure(
      what,
      `the registry stored it as ${stored} instead of ${digest}`,
      'other',
      repository.api.registry,
    );
  }
}

/** Whether a repository has a blob. */
export async function hasBlob(repository: Repository, { digest }: Descriptor, signal: AbortSignal): Promise<boolean> {
  const answer = await call(repository, { method: 'HEAD', at: `blobs/${digest}`, scope: reading(repository), signal });
  await drop(answer);
  if (answer.status === 200) return true;
  if (answer.status === 404) return false;
  throw await refusal(answer, `cannot look for ${nameOf(repository, digest)}`);
}

/** The content of a blob, which is checked as it is read. */
export async function readBlob(repository: Repository, blob: Descriptor, signal: AbortSignal): Promise<Readable> {
  const what = `cannot read ${nameOf(repository, blob.digest)}`;
  const answer = await call(repository, {
    method: 'GET',
    at: `blobs/${blob.digest}`,
    scope: reading(repository),
    signal,
  });
  if (answer.status !== 200) throw await refusal(answer, what);
  const content = checking(blob);
  // The stream carries the error.
  pipeline(answer.body, content, () => undefined);
  return content;
}

/** What became of a request to take a blob from another repository of the same registry: done, or where to upload it. */
export type Mounted = { readonly mounted: true } | { readonly mounted: false; readonly location: URL };

/** Asks to begin an upload, or, with `from`, to take the blob from there. @throws RegistryFailure */
export async function beginUpload(
  repository: Repository,
  { digest }: Descriptor,
  from: string | undefined,
  signal: AbortSignal,
): Promise<Mounted> {
  const what = `cannot upload ${nameOf(repository, digest)}`;
  const scope = [...writing(repository), ...(from === undefined ? [] : [`repository:${from}:pull`])];
  const query = from === undefined ? '' : `?mount=${digest}&from=${encodeURIComponent(from)}`;
  const answer = await call(repository, {
    method: 'POST',
    at: `blobs/uploads/${query}`,
    scope,
    headers: { 'content-length': '0' },
    signal,
  });
  const { location } = answer.headers;
  if (answer.status === 201 && from !== undefined) {
    await drop(answer);
    return { mounted: true };
  }
  if (answer.status !== 202 || location === undefined) throw await refusal(answer, what);
  await drop(answer);
  return { mounted: false, location: locationOf(answer.url, location) };
}

/** Uploads content to where an upload was begun. @throws RegistryFailure, WrongContent when the content is not what it should be */
export async function finishUpload(
  repository: Repository,
  { digest, size }: Descriptor,
  location: URL,
  content: Readable,
  { signal, idle }: { readonly signal: AbortSignal; readonly idle: number },
): Promise<void> {
  const what = `cannot upload ${nameOf(repository, digest)}`;
  const target = new URL(location);
  // What is there already is the registry's own, and may not be written in another way.
  target.search = `${target.search === '' ? '?' : `${target.search}&`}digest=${encodeURIComponent(digest)}`;
  try {
    const answer = await repository.api.upload({
      method: 'PUT',
      target,
      scope: writing(repository),
      headers: { 'content-type': 'application/octet-stream', 'content-length': `${size}` },
      body: content,
      signal,
      idle,
    });
    if (answer.status !== 201) throw await refusal(answer, what);
    await drop(answer);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RegistryFailure) throw error;
    const isWrong = error instanceof WrongContent;
    const said = error instanceof Error ? error.message : String(error);
    const why = isWrong ? `the source sent other content: ${said}` : `the source broke off: ${said}`;
    throw new RegistryFailure(what, why, isWrong ? 'other' : 'busy', repository.api.registry);
  }
}
