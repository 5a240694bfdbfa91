import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { type Access, copyImage } from '../../systems/registry/crane.js';
import { isPlainHttp } from '../../systems/registry/plain-http.js';
import { formatReference, type Reference, registryOf } from '../../systems/registry/reference.js';

/** The lifecycle reaches the cache image with TLS, or where that is not usual: --insecure-registry does not count for it. */
export function usableCache({ log }: Context, access: Access, cache: Reference | undefined): Reference | undefined {
  if (cache === undefined || !access.insecure.includes(registryOf(cache)) || isPlainHttp(registryOf(cache), [])) {
    return cache;
  }
  log.warn(`building without ${formatReference(cache)}: the lifecycle keeps no cache in a registry without TLS`);
  return undefined;
}

/** The image that was built last with a cache. Tags change from build to build, and layers are reused from the image before. */
export const imageBefore = (cache: Reference): Reference => ({ ...cache, tag: `${cache.tag ?? 'latest'}-image` });

/** Keeps an image for the next build to reuse its layers. A registry that does not take it makes that build slower, no more. */
export async function remember(context: Context, access: Access, built: Reference, before: Reference): Promise<void> {
  await copyImage(context, access, built, before).catch((error: unknown) => {
    if (!(error instanceof OpError)) throw error;
    context.log.warn(`the next build reuses no layers of this one: ${error.why}`);
  });
}
