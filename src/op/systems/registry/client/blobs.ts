import { pipeline, type Readable } from 'node:stream';
import { locationOf } from './api.js';
import { checking, type Descriptor, WrongContent } from './content.js';
import { drop } from './exchange.js';
import { RegistryFailure } from './failure.js';
import { refusal } from './host.js';
import { call, nameOf, type Repository, reading, writing } from './repository.js';

/** Whether a repository has a blob. */
export async function hasBlob(repository: Repository, { digest }: Descriptor, signal: AbortSignal): Promise<boolean> {
  const answer = await call(repository, { method: 'HEAD', at: `blobs/${digest}`, scope: reading(repository), signal });
  drop(answer);
  if (answer.status === 200) return true;
  // Without HEAD, it is sent: the registry drops what it has.
  if (answer.status === 404 || answer.status === 405) return false;
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
    drop(answer);
    return { mounted: true };
  }
  if (answer.status !== 202 || location === undefined) throw await refusal(answer, what, 'begin-upload');
  drop(answer);
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
    if (answer.status !== 201) throw await refusal(answer, what, 'upload');
    drop(answer);
  } catch (error) {
    signal.throwIfAborted();
    throw contentFailure(what, error, repository.api.registry);
  }
}

/** What the content of a blob failed with, as its source's failure: whether another attempt may help. */
export function contentFailure(what: string, error: unknown, registry: string): RegistryFailure {
  if (error instanceof RegistryFailure) return error;
  const isWrong = error instanceof WrongContent;
  const said = error instanceof Error ? error.message : String(error);
  const why = isWrong ? `the source sent other content: ${said}` : `the source broke off: ${said}`;
  return new RegistryFailure(what, why, isWrong ? 'other' : 'busy', registry);
}
