import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { parseJson } from '../../kit/json/parse-json.js';
import { unreadable } from '../../store/documents/body.js';
import type { Documents } from '../../store/documents/documents.js';
import { attempts, busy, slotNumbers, slotsIn } from './slots.js';

const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/u));
const timestamp = v.pipe(v.string(), v.isoTimestamp());

const writtenImage = v.strictObject({
  destination: v.string(),
  source: v.string(),
  /** What this mirror wrote there; two after a run that was stopped before it could say whether it did. */
  digests: v.array(digest),
  writtenAt: timestamp,
  /** When a run first found that it is not selected any more; null while it is. */
  goneAt: v.nullable(timestamp),
});
/** A tag or a digest at the destination that this mirror wrote itself, and did not find there. */
export type WrittenImage = v.InferOutput<typeof writtenImage>;

const prune = v.strictObject({
  /** Like that of a run: when it began. */
  id: v.string(),
  at: timestamp,
  deleted: v.array(v.strictObject({ destination: v.string(), digest })),
  /** What was left, and will not be tried again: it is not of this mirror any more. */
  left: v.array(v.strictObject({ destination: v.string(), why: v.string() })),
  /** How many could not be deleted. */
  failed: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});
/** One `op mirror prune --delete`. */
export type Prune = v.InferOutput<typeof prune>;

const content = v.strictObject({ images: v.array(writtenImage), prunes: v.array(prune) });
/** What a mirror wrote, and what it deleted, the newest first. */
export interface Written {
  readonly images: readonly WrittenImage[];
  readonly prunes: readonly Prune[];
}

/** What a mirror remembers of its own writing: only that may be deleted. The caller holds the lock of the mirror. */
export interface WrittenHistory {
  /** @throws OpError (tool) */
  readonly read: () => Promise<Written>;
  /** Writes what is different. @throws OpError (tool) */
  readonly change: (change: (before: Written) => Written) => Promise<void>;
}

const index = v.strictObject({ version: v.literal(1), mirror: v.string(), digest: v.string(), slots: slotNumbers });
/** Bytes that the list may have when it is unpacked. */
const largest = 300_000_000;

/** The document is `mirrors/NAME/written`; the list, which is long, is in `mirrors/NAME/written-images/NUMBER`. */
export function writtenIn(documents: Documents, name: string): WrittenHistory {
  const path = `mirrors/${name}/written`;
  const texts = slotsIn(documents, name, `mirrors/${name}/written-images`);
  const get = async () => {
    const found = await documents.get(path);
    if (found === undefined) return { found, slots: [], text: undefined, written: { images: [], prunes: [] } };
    const read = v.safeParse(index, found.body);
    if (!read.success) throw unreadable(path, documents.place, v.summarize(read.issues));
    const { slots, digest } = read.output;
    const text = unpack(await texts.read(slots));
    const written = text !== undefined && digestOf(text) === digest ? parseJson(content, text) : undefined;
    if (written === undefined) throw unreadable(path, documents.place, 'its list is not what was recorded');
    return { found, slots, text, written };
  };
  return {
    read: async () => (await get()).written,
    change: async (change) => {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const { found, slots: used, text: before, written } = await get();
        const { images, prunes } = change(written);
        const sorted = images.toSorted((one, other) => (one.destination < other.destination ? -1 : 1));
        const text = JSON.stringify({ images: sorted, prunes });
        if (text === before || (found === undefined && images.length === 0 && prunes.length === 0)) return;
        const slots = await texts.write(used, gzipSync(text, { level: 9 }).toString('base64'));
        const body = { version: 1, mirror: name, digest: digestOf(text), slots: [...slots] };
        const done = await (found === undefined ? documents.create(path, body) : documents.replace(found, body));
        if (done !== 'conflict') return;
      }
      throw busy(path, documents.place);
    },
  };
}

function unpack(text: string): string | undefined {
  try {
    return gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: largest }).toString('utf8');
  } catch {
    return undefined;
  }
}

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
