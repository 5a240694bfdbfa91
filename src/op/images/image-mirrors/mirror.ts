import type { Setting } from '../../kit/config/setting.js';
import { usageError } from '../../kit/errors/op-error.js';
import {
  formatReference,
  parsePrefix,
  parseReference,
  type Reference,
  registryOf,
} from '../../systems/registry/reference.js';
import { listOf } from '../settings/settings.js';

/** A registry, and the mirror that its images are pulled from instead, such as a pull-through cache. */
export interface Mirror {
  /** As it appears in image names, such as `docker.io`. */
  readonly host: string;
  /** `HOST[:PORT][/PATH]`, without a trailing slash. */
  readonly mirror: string;
}

/**
 * The mirrors of a build: those of the command line, else those of OP_IMAGE_MIRRORS.
 * @param configured OP_IMAGE_MIRRORS: comma-separated `HOST=MIRROR`
 * @throws OpError (usage) for an invalid mirror
 */
export const imageMirrors = (named: readonly string[], configured: Setting | undefined): readonly Mirror[] =>
  parseMirrors(named.length > 0 ? named : listOf(configured?.value));

/**
 * Parses the values of `--image-mirror`.
 * @example parseMirrors(['docker.io=mirror.example.com/hub'])
 * @throws OpError (usage) for a value that is not HOST=MIRROR, and for a host that appears twice
 */
export function parseMirrors(values: readonly string[]): readonly Mirror[] {
  const mirrors = new Map<string, Mirror>();
  for (const value of values) {
    const split = value.indexOf('=');
    const from = parsePrefix(split < 0 ? value : value.slice(0, split));
    const to = parsePrefix(split < 0 ? '' : value.slice(split + 1));
    if ('problem' in from) throw notAMirror(value, `its host is invalid: ${from.problem}`);
    if ('problem' in to) throw notAMirror(value, split < 0 ? 'it has no "="' : `its mirror is invalid: ${to.problem}`);
    const host = normalHost(from.prefix);
    if (from.prefix !== from.registry) throw notAMirror(value, `"${from.prefix}" is a path, not a host`);
    if (!to.prefix.startsWith(to.registry)) throw notAMirror(value, `"${to.prefix}" does not start with a host`);
    if (mirrors.has(host)) throw notAMirror(value, `${host} already has a mirror: ${mirrors.get(host)?.mirror}`);
    mirrors.set(host, { host, mirror: to.prefix });
  }
  return [...mirrors.values()];
}

/**
 * The image's name at its mirror, or unchanged when its registry has no mirror or it is already at one. Tag and digest are kept.
 * @example mirrored('alpine:3', [{ host: 'docker.io', mirror: 'mirror.example.com/hub' }]) // mirror.example.com/hub/library/alpine:3
 */
export function mirrored(image: string, mirrors: readonly Mirror[]): string {
  const reference = parseReference(image);
  if ('problem' in reference) return image;
  const { host, path } = fullName(reference);
  if (mirrors.some(({ mirror }) => `${host}/${path}/`.startsWith(`${mirror}/`))) return image;
  const found = mirrors.find((mirror) => mirror.host === host);
  if (found === undefined) return image;
  const { registry: _, ...rest } = reference;
  return `${found.mirror}/${formatReference({ ...rest, path })}`;
}

/**
 * The host and path that a name stands for: `alpine` is `library/alpine` at docker.io.
 * Source: distribution/reference, ParseNormalizedNamed.
 */
export function fullName(reference: Reference): { readonly host: string; readonly path: string } {
  const host = normalHost(registryOf(reference));
  const { path } = reference;
  return { host, path: host === 'docker.io' && !path.includes('/') ? `library/${path}` : path };
}

/** Docker Hub has several host names. */
const normalHost = (host: string) => (/^(?:index|registry-1)\.docker\.io$/u.test(host) ? 'docker.io' : host);

/**
 * Whether two names stand for the same image, each by its own name or by that of its mirror: `builder` is
 * `docker.io/library/builder:latest`. When both have a digest, the digests decide and tags are comments; otherwise the tags decide.
 * @param wanted the image before mirrors
 */
export function namesSameImage(image: string, wanted: string, mirrors: readonly Mirror[]): boolean {
  const [a, b] = [parseReference(mirrored(image, mirrors)), parseReference(mirrored(wanted, mirrors))];
  if ('problem' in a || 'problem' in b) return image === wanted;
  const [one, other] = [fullName(a), fullName(b)];
  if (one.host !== other.host || one.path !== other.path) return false;
  if (a.digest !== undefined && b.digest !== undefined) return a.digest === b.digest;
  return (a.tag ?? 'latest') === (b.tag ?? 'latest');
}

const notAMirror = (value: string, why: string) =>
  usageError({
    what: `--image-mirror=${value} is not HOST=MIRROR`,
    why,
    hint: 'write a registry and the mirror to pull its images from, such as docker.io=mirror.example.com/hub',
  });
