import type { Readable } from 'node:stream';
import type { Context } from '../../context.js';
import { sleep } from '../../kit/process/sleep.js';
import { beginUpload, finishUpload, hasBlob, readBlob } from '../../systems/registry/client/blobs.js';
import type { Descriptor } from '../../systems/registry/client/content.js';
import { RegistryFailure } from '../../systems/registry/client/failure.js';
import { placeOf, type Repository } from '../../systems/registry/client/repository.js';

/** How a blob got into a repository. */
export type Placed = 'there' | 'mounted' | 'uploaded';

/** Where a blob comes from and goes to. */
export interface Way {
  readonly from: Repository;
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
  /** What is placed or on its way, by repository and digest. */
  const placed = new Map<string, Promise<Placed>>();
  /** Repositories of a registry that have a blob, by registry and digest. */
  const holders = new Map<string, Set<string>>();
  /** Uploads of a blob to a registry: whoever needs it elsewhere there waits, and takes it from there. */
  const uploads = new Map<string, Promise<unknown>>();

  const place: BlobPlacer['place'] = async (blob, way) => {
    const key = placeOf(way.to, blob);
    const earlier = placed.get(key);
    // Another image's attempt may end with its time limit.
    if (earlier !== undefined && (await endOf(earlier, way.signal)) !== undefined) return 'there';
    const current = placed.get(key);
    if (current !== undefined && current !== earlier) return place(blob, way);
    const mine = placeOnce(blob, way);
    placed.set(key, mine);
    mine.catch(() => undefined);
    return await mine;
  };
  const placeOnce = async (blob: Descriptor, way: Way): Promise<Placed> => {
    const { to, from, signal } = way;
    const key = `${to.api.registry} ${blob.digest}`;
    const known = holders.get(key) ?? new Set();
    holders.set(key, known);
    if (!lacking.has(placeOf(to, blob)) && (await hasBlob(to, blob, signal))) {
      known.add(to.path);
      return 'there';
    }
    for (let upload = uploads.get(key); upload !== undefined; upload = uploads.get(key)) {
      await endOf(upload, signal);
    }
    if (from.api.registry === to.api.registry) known.add(from.path);
    const holder = [...known].find((path) => path !== to.path);
    if (holder !== undefined) {
      const begun = await beginUpload(to, blob, holder, signal);
      if (begun.mounted) {
        known.add(to.path);
        return 'mounted';
      }
      // From here on it is an upload like any other; others may have begun one.
      await transfer(blob, way, begun.location);
    } else {
      const uploading = transfer(blob, way, undefined);
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
  const transfer = async (blob: Descriptor, { from, to, signal }: Way, begun: URL | undefined): Promise<void> => {
    let location = begun;
    for (let attempt = 0; ; attempt++) {
      try {
        const [begunAt, content] = await bothOf(
          location ?? beginLocation(to, blob, signal),
          readBlob(from, blob, signal),
        );
        await finishUpload(to, blob, begunAt, content, { signal, idle });
        return;
      } catch (error) {
        // A registry that limits requests is waited for, until the time limit of the image.
        const isLimited = error instanceof RegistryFailure && error.status === 429;
        const pause = isLimited ? pauses[0] : pauses[attempt];
        if (isLimited) attempt -= 1;
        if (!mayHelp(error) || pause === undefined) throw error;
        log.debug(`${error.message}: ${error.why}`);
        location = undefined;
        await sleep({ signal }, pause);
      }
    }
  };
  return { place };
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

/** Waits for what another image does: its value, or undefined when it failed. Rejects when the own time is up. */
const endOf = <Value>(other: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> =>
  new Promise((settle, fail) => {
    if (signal.aborted) return fail(signal.reason);
    const abort = () => fail(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const done = (value?: Value) => {
      signal.removeEventListener('abort', abort);
      settle(value);
    };
    other.then(done, () => done());
  });

/** Whether another attempt may help: also when the registry has forgotten the upload, as after a restart. */
const mayHelp = (error: unknown): error is RegistryFailure =>
  error instanceof RegistryFailure && ['busy', 'unreachable', 'absent'].includes(error.problem);
