import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { hasBlob } from '../../systems/registry/client/blobs.js';
import type { Descriptor } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { findDigest } from '../../systems/registry/client/manifests.js';
import { placeOf, type Repository } from '../../systems/registry/client/repository.js';
import { formatReference, repositoryOf } from '../../systems/registry/reference.js';
import { matchesOne } from '../mirror-file/pattern.js';
import type { PlatformChoice } from '../mirror-file/read.js';
import { type PlanItem, tagOrDigest } from '../plan/plan.js';
import { type ManifestCache, mustFetch, readTree, sparseOnly } from '../registries/manifests.js';
import type { Registries } from '../registries/registries.js';
import type { Expected } from './expected-digests.js';
import type { Wanted } from './list-images.js';

/** What images are compared with. */
export interface Sides {
  readonly registries: Registries;
  readonly cache: ManifestCache;
  readonly expected: Expected;
  /** Milliseconds for one image. */
  readonly timeout: number;
  /** Also look whether what is there is complete. */
  readonly deep: boolean;
  /** Blobs that are counted already: each is uploaded once to a registry. */
  readonly counted: Set<string>;
  /** Blobs that a repository does not have, as `placeOf` names them. */
  readonly lacking: Set<string>;
}

/** Says what is to be done with one image. Both ends are asked by HEAD; a manifest is read only of what will be copied. */
export async function compare(context: Context, sides: Sides, wanted: Wanted): Promise<PlanItem> {
  const names = { source: formatReference(wanted.from), destination: formatReference(wanted.to), fails: false };
  using deadline = startDeadline(context, sides.timeout, {
    what: `cannot compare ${names.source}`,
    why: `it took longer than ${sides.timeout / 1000} s`,
    hint: 'increase run.timeout',
  });
  const { signal } = deadline.context;
  try {
    const [from, to] = await Promise.all([
      sides.registries.repository(wanted.from),
      sides.registries.repository(wanted.to),
    ]);
    const [sourceDigest, found] = await Promise.all([
      findDigest(from, wanted.from.digest ?? tagOrDigest(wanted.from), signal),
      digestAtDestination(to, tagOrDigest(wanted.to), signal),
    ]);
    if (sourceDigest === undefined) {
      return {
        ...names,
        action: 'missing',
        fails: true,
        ...(found === undefined ? {} : { found }),
        why: 'the source does not have it',
      };
    }
    const { platforms } = wanted.source;
    const digest = await sides.expected(from, sourceDigest, platforms, signal);
    const chosen = platforms === undefined ? {} : { platforms };
    const other = digest === sourceDigest ? {} : { sourceDigest };
    const known = { ...names, digest, ...other, ...chosen, ...(found === undefined ? {} : { found }) };
    const action = actionFor(wanted, digest, found);
    if (action === 'drift') {
      const immutable = isImmutable(wanted) ? ', and its tag is immutable' : '';
      return {
        ...known,
        action,
        fails: wanted.source.drift !== 'keep',
        why: `the destination has ${found}${immutable}`,
      };
    }
    if (action !== 'skip')
      return { ...known, action, bytes: await lackingBytes(sides, { from, to }, wanted, sourceDigest, signal) };
    if (!sides.deep) return { ...known, action };
    const lacking = await lackingThere(to, names.destination, digest, platforms, signal);
    return lacking === undefined
      ? { ...known, action }
      : { ...known, action: 'copy', bytes: lacking.bytes, why: lacking.why };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof OpError) || error.kind === 'input') throw error;
    return { ...names, action: 'unknown', fails: true, why: `${error.message}: ${error.why}` };
  }
}

const isImmutable = ({ to, from, source: { immutableTags } }: Wanted) =>
  [to.tag, from.tag].some((tag) => tag !== undefined && matchesOne(immutableTags, tag));

function actionFor(wanted: Wanted, digest: string, found: string | undefined): 'copy' | 'overwrite' | 'skip' | 'drift' {
  if (found === undefined) return 'copy';
  if (found === digest) return 'skip';
  return wanted.source.drift === 'overwrite' && !isImmutable(wanted) ? 'overwrite' : 'drift';
}

async function digestAtDestination(
  to: Repository,
  reference: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await findDigest(to, reference, signal);
  } catch (error) {
    // A registry with a token service also refuses when the repository does not exist yet. The copy will tell.
    if (error instanceof RegistryFailure && error.problem === 'refused' && to.api.isTokenService()) return undefined;
    throw error;
  }
}

interface Repositories {
  readonly from: Repository;
  readonly to: Repository;
}

/** Bytes that must be uploaded: each blob counts once for a registry, for the image that needs it first. */
async function lackingBytes(
  { cache, counted, lacking }: Sides,
  { from, to }: Repositories,
  wanted: Wanted,
  digest: string,
  signal: AbortSignal,
): Promise<number> {
  const read = (one: string) => cache.read(from, one, signal);
  const { blobs } = await readTree(repositoryOf(wanted.from), digest, read, wanted.source.platforms);
  const sizes = await mapConcurrently(blobs, 4, async (blob) => {
    const place = `${to.api.registry} ${blob.digest}`;
    const isFirst = !counted.has(place);
    counted.add(place);
    if (!isFirst || (await isThere(to, blob, signal))) return 0;
    lacking.add(placeOf(to, blob));
    return blob.size;
  });
  return valuesOf(sizes).reduce((sum, size) => sum + size, 0);
}

async function isThere(to: Repository, blob: Descriptor, signal: AbortSignal): Promise<boolean> {
  try {
    return await hasBlob(to, blob, signal);
  } catch (error) {
    if (error instanceof RegistryFailure && error.problem === 'refused' && to.api.isTokenService()) return false;
    throw error;
  }
}

/** What the destination lacks of an image whose tag is there, after a clean-up that went too far; undefined if it is complete. */
async function lackingThere(
  to: Repository,
  name: string,
  digest: string,
  platforms: PlatformChoice | undefined,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly why: string } | undefined> {
  try {
    const { blobs } = await readTree(name, digest, (one) => mustFetch(to, one, signal), sparseOnly(platforms));
    const there = valuesOf(await mapConcurrently(blobs, 4, (blob) => hasBlob(to, blob, signal)));
    const lost = blobs.filter((_, index) => there[index] === false);
    if (lost.length === 0) return undefined;
    return {
      bytes: lost.reduce((sum, { size }) => sum + size, 0),
      why: `the destination has lost ${lost.length} of its ${blobs.length} blobs`,
    };
  } catch (error) {
    if (error instanceof RegistryFailure && error.problem === 'absent') {
      return { bytes: 0, why: 'the destination has lost a manifest of it' };
    }
    throw error;
  }
}
