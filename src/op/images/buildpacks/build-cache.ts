import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { copyImage, type RegistryAccess } from '../../systems/registry/crane.js';
import { isPlainHttp } from '../../systems/registry/protocol.js';
import { formatReference, type Reference, registryOf } from '../../systems/registry/reference.js';

/** The lifecycle uses TLS for the cache image, except for registries that usually have none: --insecure-registry has no effect on it. */
export function usableCache(
  { log }: Context,
  access: RegistryAccess,
  cache: Reference | undefined,
): Reference | undefined {
  if (cache === undefined || !access.insecure.includes(registryOf(cache)) || isPlainHttp(registryOf(cache), [])) {
    return cache;
  }
  log.warn(`building without ${formatReference(cache)}: the lifecycle cannot keep a cache in a registry without TLS`);
  return undefined;
}

/** The last image that was built with a cache. Tags change with every build, and layers are reused from the previous image. */
export const previousImageOf = (cache: Reference): Reference => ({ ...cache, tag: `${cache.tag ?? 'latest'}-image` });

/** Keeps an image so that the next build can reuse its layers. If the registry rejects it, that build is only slower. */
export async function keepForNextBuild(
  context: Context,
  access: RegistryAccess,
  built: Reference,
  before: Reference,
): Promise<void> {
  await copyImage(context, access, built, before).catch((error: unknown) => {
    if (!(error instanceof OpError)) throw error;
    context.log.warn(`the next build cannot reuse layers of this one: ${error.why}`);
  });
}
