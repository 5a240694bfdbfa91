import { locationOf } from './api.js';
import type { Answer } from './exchange.js';
import { RegistryFailure } from './failure.js';
import type { Repository } from './repository.js';

/**
 * Where a list goes on, as the header Link says; undefined at its end. Source: OCI distribution specification, "Listing Tags" and "Listing
 * Referrers".
 * @param seen the pages so far: none comes twice
 * @throws RegistryFailure for another server: the page is asked for with the credentials of the registry
 */
export function nextPage(
  { api }: Repository,
  { headers, url }: Pick<Answer, 'headers' | 'url'>,
  seen: Set<string>,
  what: string,
): URL | undefined {
  const link = /<([^>]*)>\s*;\s*rel="?next"?/iu.exec(headers.link?.toString() ?? '')?.[1];
  if (link === undefined) return undefined;
  const next = locationOf(url, link);
  if (next.origin !== api.origin.origin || seen.has(next.href)) {
    throw new RegistryFailure(what, `it says that the list goes on at ${next.href}`, 'other', api.registry);
  }
  seen.add(next.href);
  return next;
}
