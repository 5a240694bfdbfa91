import * as v from 'valibot';
import { toolError } from '../../kit/errors/op-error.js';
import { unreadable } from '../../store/documents/body.js';
import type { Documents } from '../../store/documents/documents.js';
import type { PastChain, PastSegment } from './segment/past.js';

/** What a side remembers of its segments, in the store of the mirror. The caller holds the lock of the mirror. */
export interface ChainHistory {
  readonly read: () => Promise<PastChain | undefined>;
  /** Adds a segment, or begins another chain with it. @throws OpError (tool) */
  readonly add: (chain: string, segment: PastSegment) => Promise<void>;
}

const segment = v.strictObject({ sequence: v.number(), digest: v.string(), at: v.pipe(v.string(), v.isoTimestamp()) });
const shape = v.strictObject({
  version: v.literal(1),
  mirror: v.string(),
  chain: v.string(),
  segments: v.pipe(v.array(segment), v.minLength(1)),
});

/** Segments that are remembered. */
const most = 1000;

/** The document is `mirrors/NAME/segments-written` or `…-applied`. */
export function chainHistoryIn(documents: Documents, mirror: string, side: 'written' | 'applied'): ChainHistory {
  const path = `mirrors/${mirror}/segments-${side}`;
  const get = async () => {
    const found = await documents.get(path);
    if (found === undefined) return undefined;
    const read = v.safeParse(shape, found.body);
    if (!read.success) throw unreadable(path, documents.place, v.summarize(read.issues));
    return { found, past: read.output };
  };
  return {
    read: async () => (await get())?.past,
    add: async (chain, added) => {
      const read = await get();
      const earlier = read?.past.chain === chain ? read.past.segments : [];
      const segments = [...earlier.filter(({ sequence }) => sequence < added.sequence), added].slice(-most);
      const body = { version: 1, mirror, chain, segments: segments.map((one) => ({ ...one })) };
      const written = await (read === undefined ? documents.create(path, body) : documents.replace(read.found, body));
      if (written !== 'conflict') return;
      throw toolError({
        what: `cannot write document ${path} to ${documents.place}`,
        why: 'another run has changed it meanwhile',
        hint: 'run it again; it is safe to repeat',
      });
    },
  };
}
