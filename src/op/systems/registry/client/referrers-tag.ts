import * as v from 'valibot';
import { parseJson } from '../../../kit/json/parse-json.js';
import {
  digestForm,
  isClearManifest,
  largestManifest,
  type Manifest,
  manifestTypes,
  mostDescriptors,
  sha256,
} from './content.js';
import { drop } from './exchange.js';
import { RegistryFailure } from './failure.js';
import { refusal } from './host.js';
import { findDigest, putManifest } from './manifests.js';
import { type Referrer, readReferrers, tagOfDigest } from './referrers.js';
import { nameOf, type Repository, reading } from './repository.js';

const indexType = 'application/vnd.oci.image.index.v1+json';
/** How often a list is written again because others write to it, too. */
const mostAttempts = 5;

interface ListAtTag {
  readonly bytes: Buffer;
  readonly etag: string | undefined;
}

/** What refers to a manifest, in a registry that has no referrers API; undefined if there is no list. @throws RegistryFailure */
export async function readReferrersTag(
  repository: Repository,
  subject: string,
  signal: AbortSignal,
): Promise<readonly Referrer[] | undefined> {
  const list = await fetchList(repository, subject, signal);
  return list && readReferrers(list.bytes, whatOf(repository, subject), repository.api.registry);
}

/**
 * Adds manifests to the list of what refers to another, in a registry that has no referrers API. What others have in it stays. The list is read
 * back: who writes it at the same moment may have written over it.
 * @throws RegistryFailure
 */
export async function addToReferrersTag(
  repository: Repository,
  subject: string,
  manifests: readonly Manifest[],
  signal: AbortSignal,
): Promise<void> {
  const tag = tagOfDigest(subject);
  const { registry } = repository.api;
  const what = `cannot add to ${nameOf(repository, tag)}`;
  let isPruned = false;
  let isWritten = false;
  for (let attempt = 0; attempt <= mostAttempts; attempt++) {
    const current = await fetchList(repository, subject, signal);
    if (isWritten && current === undefined) {
      throw new RegistryFailure(what, 'it took the list, and does not give it back', 'no-referrers', registry);
    }
    const list = current === undefined ? { manifests: [] } : readList(current.bytes.toString('utf8'));
    if (list === undefined) throw new RegistryFailure(what, 'the tag names something else', 'other', registry);
    const listed = new Set(list.manifests.map(({ digest }) => digest));
    const missing = manifests.filter(({ digest }) => !listed.has(digest));
    if (missing.length === 0) return;
    const kept = isPruned ? await thoseThere(repository, list.manifests, signal) : list.manifests;
    const merged = { ...list, schemaVersion: 2, mediaType: indexType, manifests: [...kept, ...missing.map(entryOf)] };
    const bytes = Buffer.from(JSON.stringify(merged));
    if (bytes.length > largestManifest || merged.manifests.length > mostDescriptors) {
      throw new RegistryFailure(what, 'the list would be too long', 'other', registry);
    }
    // Not every registry looks at it. Source: OCI distribution specification, "Pushing Manifests with Subject".
    const condition: Record<string, string> = current?.etag === undefined ? {} : { 'if-match': current.etag };
    try {
      await putManifest(repository, tag, { mediaType: indexType, bytes, digest: sha256(bytes) }, signal, condition);
      isWritten = true;
    } catch (error) {
      if (!(error instanceof RegistryFailure)) throw error;
      if (error.status === 412 && current?.etag !== undefined) continue;
      // Distribution takes no list that names what was deleted.
      if (isPruned || error.status !== 400 || error.problem === 'immutable') throw error;
      isPruned = true;
    }
  }
  throw new RegistryFailure(what, 'others write to it all the time', 'busy', registry);
}

const whatOf = (repository: Repository, subject: string) => `cannot list what refers to ${nameOf(repository, subject)}`;

async function fetchList(repository: Repository, subject: string, signal: AbortSignal): Promise<ListAtTag | undefined> {
  const { api, path } = repository;
  const tag = tagOfDigest(subject);
  const target = `/v2/${path}/manifests/${tag}`;
  // All types: whatever else the tag names must not look like nothing.
  const headers = { accept: manifestTypes.join(', ') };
  const parts = { method: 'GET', target, scope: reading(repository), headers, signal } as const;
  const answer = await api.read(parts, largestManifest);
  // Some registries give the manifest itself, whatever stands for the colon of its digest: that is no list.
  if (answer.content !== undefined && sha256(answer.content) === subject) return undefined;
  if (answer.content !== undefined) return { bytes: answer.content, etag: answer.headers.etag };
  if (answer.status !== 404) throw await refusal(answer, `cannot read ${nameOf(repository, tag)}`);
  drop(answer);
  return undefined;
}

/** Whatever others have written stays as it is. */
const listShape = v.looseObject({ manifests: v.array(v.looseObject({ digest: v.string() })) });
/** Undefined for something else, and for what tools in Go read differently: to write that again would keep it. */
const readList = (text: string) => {
  const list = parseJson(listShape, text);
  return list !== undefined && isClearManifest(text) ? list : undefined;
};
type Entry = v.InferOutput<typeof listShape>['manifests'][number];

/** Entries whose manifests are there. */
async function thoseThere(repository: Repository, entries: readonly Entry[], signal: AbortSignal): Promise<Entry[]> {
  const there: Entry[] = [];
  for (const entry of entries) {
    const isOurs = digestForm.test(entry.digest);
    if (!isOurs || (await findDigest(repository, entry.digest, signal)) !== undefined) there.push(entry);
  }
  return there;
}

const annotated = v.looseObject({ annotations: v.nullish(v.record(v.string(), v.string())) });

/** Source: OCI distribution specification, "Pushing Manifests with Subject": type and annotations of the manifest are those of the entry. */
function entryOf({ mediaType, digest, size, artifactType, bytes }: Manifest): Entry {
  const annotations = parseJson(annotated, bytes.toString('utf8'))?.annotations;
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations ? { annotations } : {}),
  };
}
