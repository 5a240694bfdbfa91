import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { sha256 } from '../../systems/registry/client/content.js';
import type { DiskContent } from './segment/chain.js';
import { parseSegment, type Segment } from './segment/segment.js';

/** What the segments say that were written here: it is too large for the store, which has only its SHA-256. */
export interface KnownSegments {
  /** From the file, or from the disk if it has the same; undefined if it is lost. */
  readonly find: (digest: string, disk: DiskContent) => Promise<Segment | undefined>;
  /** Whether it was written here. */
  readonly has: (digest: string) => Promise<boolean>;
  /** Keeps the text of a `segment.json`, and forgets the oldest. */
  readonly keep: (digest: string, text: string) => Promise<void>;
}

/** Segments that are kept: a baseline that is older means a full segment. */
const most = 100;

/** @param directory of the files; made by the first write */
export function knownSegmentsIn(directory: string): KnownSegments {
  const fileOf = (digest: string) => join(directory, `${digest.replace('sha256:', '')}.json`);
  const read = async (digest: string): Promise<Segment | undefined> => {
    const bytes = await readFile(fileOf(digest)).catch(() => undefined);
    if (bytes === undefined || sha256(bytes) !== digest) return undefined;
    const segment = parseSegment(bytes.toString('utf8'));
    return 'problem' in segment ? undefined : segment;
  };
  return {
    find: async (digest, disk) => {
      const onDisk = [...disk.values()].find((one) => 'segment' in one && one.digest === digest);
      return (await read(digest)) ?? (onDisk !== undefined && 'segment' in onDisk ? onDisk.segment : undefined);
    },
    has: async (digest) => (await read(digest)) !== undefined,
    keep: async (digest, text) => {
      await writeAtomic(fileOf(digest), text);
      const names = (await readdir(directory)).filter((name) => /^[0-9a-f]{64}\.json$/u.test(name));
      const times = await Promise.all(
        names.map(async (name) => ({ name, time: (await stat(join(directory, name))).mtimeMs })),
      );
      const old = times.toSorted((one, other) => other.time - one.time).slice(most);
      for (const { name } of old) await rm(join(directory, name), { force: true });
    },
  };
}
