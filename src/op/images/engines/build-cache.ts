import { inputError } from '../../kit/errors/op-error.js';
import { parseReference, type Reference } from '../../systems/registry/reference.js';

/**
 * Where an engine keeps what later builds of an image can reuse: `CACHE/NAME:buildkit`, `CACHE/NAME:lifecycle`.
 * @returns one reference as text, or none when no build cache is configured
 */
export function cacheReference(
  cache: string | undefined,
  target: Reference,
  engine: 'buildkit' | 'lifecycle',
): readonly string[] {
  if (cache === undefined) return [];
  const name = target.path.slice(target.path.lastIndexOf('/') + 1);
  return [`${cache.replace(/\/+$/u, '')}/${name}:${engine}`];
}

/** The same for the lifecycle, parsed. @throws OpError (input) when the build cache is not a registry and a path */
export function cacheImage(cache: string | undefined, target: Reference): Reference | undefined {
  const [text] = cacheReference(cache, target, 'lifecycle');
  if (text === undefined) return undefined;
  const reference = parseReference(text);
  if (!('problem' in reference)) return reference;
  throw inputError({
    what: `cannot keep build caches in ${cache}`,
    why: reference.problem,
    hint: 'name a registry and a path with --build-cache HOST/PATH',
  });
}
