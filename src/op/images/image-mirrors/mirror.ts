import { usageError } from '../../kit/errors/op-error.js';
import {
  formatReference,
  parsePrefix,
  parseReference,
  type Reference,
  registryOf,
} from '../../systems/registry/reference.js';

/** A registry, and the place that its images are taken from instead: a pull-through cache. */
export interface Mirror {
  /** As image names have it, such as `docker.io`. */
  readonly host: string;
  /** `HOST[:PORT][/PATH]`, without a slash at its end. */
  readonly mirror: string;
}

/**
 * Reads the values of `--image-mirror`.
 * @example parseMirrors(['docker.io=mirror.example.com/hub'])
 * @throws OpError (usage) for a value that is not HOST=MIRROR, and for a host that is given twice
 */
export function parseMirrors(values: readonly string[]): readonly Mirror[] {
  const mirrors = new Map<string, Mirror>();
  for (const value of values) {
    const split = value.indexOf('=');
    const from = parsePrefix(split < 0 ? value : value.slice(0, split));
    const to = parsePrefix(split < 0 ? '' : value.slice(split + 1));
    if ('problem' in from) throw notAMirror(value, `its host is none: ${from.problem}`);
    if ('problem' in to) throw notAMirror(value, split < 0 ? 'it has no "="' : `its mirror is none: ${to.problem}`);
    const host = normalHost(from.prefix);
    if (from.prefix !== from.registry) throw notAMirror(value, `"${from.prefix}" is a path, and a host is needed`);
    if (!to.prefix.startsWith(to.registry)) throw notAMirror(value, `"${to.prefix}" names no host`);
    if (mirrors.has(host)) throw notAMirror(value, `${host} has a mirror already: ${mirrors.get(host)?.mirror}`);
    mirrors.set(host, { host, mirror: to.prefix });
  }
  return [...mirrors.values()];
}

/**
 * The image under its mirror, or as it is when its host has none; never twice. Tag and digest stay.
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
 * Host and path that tools mean by a name: `alpine` is `library/alpine` at docker.io.
 * Source: distribution/reference, ParseNormalizedNamed.
 */
export function fullName(reference: Reference): { readonly host: string; readonly path: string } {
  const host = normalHost(registryOf(reference));
  const { path } = reference;
  return { host, path: host === 'docker.io' && !path.includes('/') ? `library/${path}` : path };
}

/** Docker Hub has several names for the same images. */
const normalHost = (host: string) => (/^(?:index|registry-1)\.docker\.io$/u.test(host) ? 'docker.io' : host);

const notAMirror = (value: string, why: string) =>
  usageError({
    what: `--image-mirror=${value} is not HOST=MIRROR`,
    why,
    hint: 'write a registry and where its images are to be taken from, such as docker.io=mirror.example.com/hub',
  });
