import { parseReference, type Reference } from '../../systems/registry/reference.js';
import { fullName, type Mirror, mirrored } from './mirror.js';

/**
 * Whether a container runs the builder that is wanted, by its own name or by that of its mirror. `builder` and
 * `docker.io/library/builder:latest` are the same. The digest counts when both have one: the tag beside it is then a comment; else the tags do.
 * @param container the image of the container
 * @param builder the image that is wanted, before mirrors
 */
export function isSameImage(container: string, builder: string, mirrors: readonly Mirror[]): boolean {
  const [a, b] = [parseReference(mirrored(container, mirrors)), parseReference(mirrored(builder, mirrors))];
  if ('problem' in a || 'problem' in b) return container === builder;
  if (nameOf(a) !== nameOf(b)) return false;
  if (a.digest !== undefined && b.digest !== undefined) return a.digest === b.digest;
  return tagOf(a) === tagOf(b);
}

function nameOf(reference: Reference): string {
  const { host, path } = fullName(reference);
  return `${host}/${path}`;
}

const tagOf = ({ tag }: Reference) => tag ?? 'latest';
