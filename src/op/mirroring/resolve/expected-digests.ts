import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { digestForm } from '../../systems/registry/client/content.js';
import type { PlatformChoice } from '../mirror-file/read.js';
import { rootOf } from '../registries/manifests.js';
import type { Origin } from '../registries/origin.js';

/** The digest that an image of the source should have at the destination. */
export type Expected = (
  from: Origin,
  digest: string,
  choice: PlatformChoice | undefined,
  signal: AbortSignal,
) => Promise<string>;

/**
 * Digests of what becomes of indexes. Each follows from the index, which must be read for it; it is kept, so that an index is not read in
 * every run, which registries count as pulls.
 */
export interface ExpectedDigests {
  readonly expected: Expected;
  /** Writes those that were asked for; others are no longer needed. */
  readonly keep: () => Promise<void>;
}

const shape = v.record(v.string(), v.pipe(v.string(), v.regex(digestForm)));

/** Reads what an earlier run has kept; a file that cannot be read is as good as none. */
export async function openExpectedDigests(file: string): Promise<ExpectedDigests> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const earlier = new Map(Object.entries(parseJson(shape, text) ?? {}));
  const asked = new Map<string, string>();
  return {
    expected: async (from, digest, choice, signal) => {
      if (choice === undefined || choice.as === 'sparse') return digest;
      const key = `${digest} ${choice.as} ${choice.keep.join(',')}`;
      const known =
        asked.get(key) ??
        earlier.get(key) ??
        (await rootOf(from.name, digest, (one) => from.manifest(one, signal), choice)).digest;
      asked.set(key, known);
      return known;
    },
    keep: async () => {
      const isSame = asked.size === earlier.size && [...asked.keys()].every((key) => earlier.has(key));
      if (!isSame) await writeAtomic(file, `${JSON.stringify(Object.fromEntries(asked), undefined, 1)}\n`);
    },
  };
}
