import { createHash } from 'node:crypto';
import type { CacheTrust } from './options.js';

/** Which builds share what a BuildKit server keeps: those of one trust level and one repository. */
export interface CacheScope {
  readonly trust: CacheTrust;
  /** Also a host name. It has no slash: BuildKit puts one between it and the ID of a cache mount, so no ID leads into another scope. */
  readonly name: string;
}

/** @param source what names the repository: its URL, or without one the image's repository */
export function cacheScope(trust: CacheTrust, source: string): CacheScope {
  return { trust, name: `${trust}-${createHash('sha256').update(source).digest('hex').slice(0, 32)}` };
}
