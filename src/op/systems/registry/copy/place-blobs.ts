import type { Readable } from 'node:stream';
import type { Context } from '../../../context.js';
import { beginUpload, finishUpload, hasBlob } from '../client/blobs.js';
import type { Descriptor } from '../client/content.js';
import { RegistryFailure } from '../client/failure.js';
import { placeOf, type Repository } from '../client/repository.js';
import type { BlobSource } from './blob-source.js';
import { retryTransfer } from './retry-transfer.js';
import { createSingleFlight, endOf } from './single-flight.js';

/** How a blob got into a repository. */
export type Placed = 'there' | 'mounted' | 'uploaded';

/** Where a blob comes from and goes to. */
export interface Way {
  /** Asked only when the destination lacks it. */
  readonly from: () => Promise<BlobSource>;
  readonly to: Repository;
  readonly signal: AbortSignal;
}

/** Puts blobs into the repositories of the destination, each once, whatever the images are that share it. */
export interface BlobPlacer {
  /** @throws RegistryFailure */
  readonly place: (blob: Descriptor, way: Way) => Promise<Placed>;
}

/** Milliseconds without a byte, after which an upload is given up: a registry may need long to store what it got. */
const usualIdle = 5 * 60_000;

/**
 * @param pauses milliseconds before further attempts of a transfer
 * @param lacking what a repository was found to lack just now, as `placeOf` names it: it is not asked again
 */
export function createBlobPlacer(
  { log }: Pick<Context, 'log'>,
  {
    pauses,
    idle = usualIdle,
    lacking = new Set(),
  }: {
    readonly pauses: readonly number[];
    readonly idle?: number | undefined;
    readonly lacking?: ReadonlySet<string> | undefined;
  },
): BlobPlacer {
  const flights = createSingleFlight<Placed>();
  /** Repositories of a registry that have a blob, by registry and digest. */
  const holders = new Map<string, Set<string>>();
  /** Uploads of a blob to a registry: whoever needs it elsewhere there waits, and takes it from there. */
  const uploads = new Map<string, Promise<unknown>>();

  const place: BlobPlacer['place'] = async (blob, way) =>
    (await flights.once(placeOf(way.to, blob), way.signal, () => placeOnce(blob, way))) ?? 'there';
  const placeOnce = async (blob: Descriptor, way: Way): Promise<Placed> => {
    const { to, signal } = way;
    const key = `${to.api.registry} ${blob.digest}`;
    const known = holders.get(key) ?? new Set();
    holders.set(key, known);
    if (!lacking.has(placeOf(to, blob)) && (await isThere(to, blob, signal))) {
      known.add(to.path);
      return 'there';
    }
    const from = await way.from();
    for (let upload = uploads.get(key); upload !== undefined; upload = uploads.get(key)) {
      await endOf(upload, signal);
    }
    if (from.home?.api.registry === to.api.registry) known.add(from.home.path);
    const holder = [...known].find((path) => path !== to.path);
    if (holder !== undefined) {
      const begun = await mountFrom(to, blob, holder, signal);
      if (begun?.mounted === true) {
        known.add(to.path);
        return 'mounted';
      }
      // From here on it is an upload like any other; others may have begun one.
      await transfer(blob, from, way, begun?.location);
    } else {
      const uploading = transfer(blob, from, way, undefined);
      uploads.set(key, uploading);
      try {
        await uploading;
      } finally {
        uploads.delete(key);
      }
    }
    known.add(to.path);
    return 'uploaded';
  };
  const transfer = (blob: Descriptor, from: BlobSource, { to, signal }: Way, begun: URL | undefined): Promise<void> =>
    retryTransfer({ log, signal }, pauses, async (isFirst) => {
      const location = isFirst && begun !== undefined ? begun : beginLocation(to, blob, signal);
      const [begunAt, content] = await bothOf(location, from.read(signal));
      await finishUpload(to, blob, begunAt, content, { signal, idle });
    });
  return { place };
}

/** Before a repository exists, a registry with a token service refuses to look into it; whether we may write, the upload tells. */
export async function isThere(to: Repository, blob: Descriptor, signal: AbortSignal): Promise<boolean> {
  try {
    return await hasBlob(to, blob, signal);
  } catch (error) {
    if (error instanceof RegistryFailure && error.problem === 'refused' && to.api.isTokenService()) return false;
    throw error;
  }
}

/** Undefined when the registry refuses: the credentials of one repository need not suffice to read another. */
async function mountFrom(to: Repository, blob: Descriptor, holder: string, signal: AbortSignal) {
  try {
    return await beginUpload(to, blob, holder, signal);
  } catch (error) {
    if (error instanceof RegistryFailure && error.status !== undefined && error.problem !== 'busy') return undefined;
    throw error;
  }
}

async function beginLocation(to: Repository, blob: Descriptor, signal: AbortSignal): Promise<URL> {
  const begun = await beginUpload(to, blob, undefined, signal);
  if (begun.mounted) throw new Error('a registry mounts only what it is asked to mount');
  return begun.location;
}

/** What is waited for at the same time; when the first fails, the content is not read. */
async function bothOf(location: URL | Promise<URL>, content: Promise<Readable>): Promise<readonly [URL, Readable]> {
  try {
    return await Promise.all([location, content]);
  } catch (error) {
    content.then(
      (stream) => stream.destroy(),
      () => undefined,
    );
    throw error;
  }
}
