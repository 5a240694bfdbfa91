import { inputError } from '../../kit/errors/op-error.js';
import { type Head, withoutCredentials } from '../../systems/git/head.js';
import { parseReference, type Reference, repositoryOf } from '../../systems/registry/reference.js';
import type { BuildRequest } from '../plan/options.js';

type CacheRequest = Pick<BuildRequest, 'buildCache' | 'cacheTrust'>;

/**
 * Where an engine keeps what later builds of an image can reuse: `CACHE/NAME:buildkit`, `CACHE/NAME:lifecycle`. Untrusted builds have
 * `CACHE/untrusted/NAME` for both: another path, because registries grant rights by path.
 * @returns one reference as text, or none when no build cache is configured
 */
export function cacheReference(
  { buildCache, cacheTrust }: CacheRequest,
  target: Reference,
  engine: 'buildkit' | 'lifecycle',
): readonly string[] {
  if (buildCache === undefined) return [];
  const name = target.path.slice(target.path.lastIndexOf('/') + 1);
  const path = cacheTrust === 'trusted' ? name : `untrusted/${name}`;
  return [`${buildCache.replace(/\/+$/u, '')}/${path}:${engine}`];
}

/** The same for the lifecycle, parsed. @throws OpError (input) when the build cache is not a registry and a path */
export function cacheImage(request: CacheRequest, target: Reference): Reference | undefined {
  const [text] = cacheReference(request, target, 'lifecycle');
  if (text === undefined) return undefined;
  const reference = parseReference(text);
  if (!('problem' in reference)) return reference;
  throw inputError({
    what: `cannot keep build caches in ${request.buildCache}`,
    why: reference.problem,
    hint: 'name a registry and a path with --build-cache HOST/PATH',
  });
}

/** What names the repository of a build: its URL, or the image's repository when there is no URL. */
export function sourceOf(head: Head | undefined, gitUrl: string | undefined, target: Reference): string {
  return (gitUrl === undefined ? head?.url : withoutCredentials(gitUrl)) || repositoryOf(target);
}
