import type { Context } from '../../context.js';
import type { HeldLock, LockClaim } from '../hold/hold.js';
import type { ConfigMaps } from './config-maps.js';
import type { Documents } from './documents.js';

/**
 * Where op keeps what it remembers, for as long as its `await using` lasts.
 * @example
 * await using store = await openStore(context, chosen);
 * const found = await store.get('environments/dev');
 * if (found && (await store.replace(found, { ...found.body, paused: true })) === 'conflict') …
 */
export interface Store extends Documents, AsyncDisposable {
  readonly kind: 'cluster' | 'directory' | 'git';
  /** Documents that are ConfigMaps, for `kubectl` and people to read. */
  readonly configMaps: ConfigMaps;
  /**
   * Takes the lock of a name and waits while another holder has it. It is renewed until the end of its `await using`.
   * @throws OpError (deadline) when the other holder does not end in time
   */
  readonly hold: (name: string, claim: LockClaim) => Promise<HeldLock>;
  /** The same store for another context, whose signal then ends what is running. */
  readonly within: (context: Context) => Store;
}
