import * as v from 'valibot';
import type { Context } from '../../context.js';
import { sleep } from '../../kit/process/sleep.js';
import type { FoundLock, Lock, LockState } from '../hold/lock.js';
import { type Body, unreadable } from './body.js';
import type { Documents } from './documents.js';

/** The folder of the documents that are locks. */
const lockFolder = 'locks';

interface LockSettings {
  /** The documents for a context. */
  readonly documents: (context: Context) => Documents;
  /** Milliseconds between two looks at a lock that is waited for, or held. */
  readonly pollEvery: number;
  /** How far the clock that all users share is ahead of this machine's, in milliseconds; undefined when they share none. */
  readonly clockAhead?: (context: Context) => Promise<number>;
}

const date = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text)),
);
const shape = v.object({
  holder: v.string(),
  cluster: v.string(),
  acquired: v.optional(date),
  renewed: v.optional(date),
  seconds: v.number(),
  transitions: v.number(),
});

/** A lock that is a document, for stores that have no locks of their own. */
export function lockIn(context: Context, settings: LockSettings, name: string): Lock {
  const documents = settings.documents(context);
  const path = `${lockFolder}/${name}`;
  const { clockAhead } = settings;
  let ahead: number | undefined;
  const read = async (): Promise<FoundLock | undefined> => {
    ahead ??= await clockAhead?.(context);
    const found = await documents.get(path);
    if (found === undefined) return undefined;
    const parsed = v.safeParse(shape, found.body);
    if (!parsed.success) throw unreadable(path, documents.place, v.summarize(parsed.issues));
    const { acquired, renewed, ...rest } = parsed.output;
    return { ...rest, acquired, renewed, version: found.revision };
  };
  const done = (written: unknown) => (written === 'conflict' ? 'conflict' : 'done');
  return {
    title: `lock ${name}`,
    place: `in ${documents.place}`,
    removal: 'wait a minute: a holder that is gone does not renew it',
    now: () => new Date(context.now().getTime() + (ahead ?? 0)),
    sharedClock: clockAhead !== undefined,
    read,
    create: async (state) => done(await documents.create(path, bodyOf(state))),
    replace: async ({ version }, state) => done(await documents.replace({ path, revision: version }, bodyOf(state))),
    follow: async (onState) => {
      for (;;) {
        onState(await read());
        await sleep(context, settings.pollEvery);
      }
    },
    within: (inner) => lockIn(inner, settings, name),
  };
}

const bodyOf = ({ acquired, renewed, ...rest }: LockState): Body => ({
  ...rest,
  ...(acquired === undefined ? {} : { acquired: acquired.toISOString() }),
  ...(renewed === undefined ? {} : { renewed: renewed.toISOString() }),
});
