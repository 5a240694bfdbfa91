/**
 * The name of an image, in parts. Source: OCI distribution specification, "Pulling manifests", and the grammar of
 * `reference` in distribution/reference, which registries and Docker share.
 */
export interface Reference {
  /** Host and port, lower case; absent if the text has none: tools then use docker.io. */
  readonly registry?: string;
  /** The path in the registry, such as `team/app`. */
  readonly path: string;
  readonly tag?: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest?: string;
}

/** Why a text is not a reference. */
export interface NotAReference {
  readonly problem: string;
}

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const host = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:]+\\])(?::([0-9]{1,5}))?$`, 'u');
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/u;
const tagForm = /^\w[\w.-]{0,127}$/u;
const digestForm = /^sha256:[0-9a-f]{64}$/u;
const longestName = 255;

/**
 * Parses an image reference strictly: rejects what a registry would reject, and says why.
 * @example parseReference('localhost:5001/team/app:v1') // { registry: 'localhost:5001', path: 'team/app', tag: 'v1' }
 */
export function parseReference(text: string): Reference | NotAReference {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !digestForm.test(digest)) {
    return { problem: `its digest "${digest}" is not sha256: followed by 64 hexadecimal digits` };
  }
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !tagForm.test(tag)) {
    return {
      problem: `its tag "${tag}" is invalid: a tag has 1 to 128 letters, digits, "_", "." and "-", and starts with a letter, digit or "_"`,
    };
  }
  const name = parseName(colon < 0 ? named : named.slice(0, colon));
  if ('problem' in name) return name;
  return { ...name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** A name without tag and digest: `[registry/]path`. */
function parseName(name: string): Pick<Reference, 'registry' | 'path'> | NotAReference {
  if (name === '') return { problem: 'it has no image name' };
  if (name.length > longestName)
    return { problem: `its name has ${name.length} characters, and the limit is ${longestName}` };
  const [first = '', ...rest] = name.split('/');
  const registry = rest.length > 0 && isRegistry(first) ? first.toLowerCase() : undefined;
  // Docker takes capitals for a host, but in lower case it would be a path on Docker Hub.
  if (registry !== undefined && !isRegistry(registry)) return { problem: explainComponent(first) };
  if (registry !== undefined && !isHost(registry)) return { problem: `"${first}" is not a registry host` };
  const path = registry === undefined ? name : rest.join('/');
  const wrong = path.split('/').find((part) => !component.test(part));
  if (wrong !== undefined) return { problem: explainComponent(wrong) };
  return registry === undefined ? { path } : { registry, path };
}

/** The first part is a registry if it cannot be part of a path, or is localhost: the rule of Docker and every tool since. */
const isRegistry = (first: string) => /[.:A-Z[]/u.test(first) || first === 'localhost';

function isHost(text: string): boolean {
  const port = host.exec(text);
  return port !== null && (port[1] === undefined || (Number(port[1]) > 0 && Number(port[1]) < 65536));
}

function explainComponent(part: string): string {
  if (part === '') return 'it has an empty part between slashes, or ends with a slash';
  if (/[A-Z]/u.test(part)) return `"${part}" has capital letters, which are not allowed in a path`;
  return `"${part}" is not lower-case letters and digits with single ".", "_", "__" or dashes between them`;
}

/** The name without tag and digest. */
export const repositoryOf = ({ registry, path }: Reference) => (registry === undefined ? path : `${registry}/${path}`);

/** The whole reference as text. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${repositoryOf(reference)}${tag}${digest}`;
}

/** The registry that tools contact for this image. */
export const registryOf = ({ registry }: Reference) => registry ?? 'docker.io';

/** Docker Hub keeps what has one name only below `library`. */
export const pathOf = (image: Reference): string =>
  registryOf(image) === 'docker.io' && !image.path.includes('/') ? `library/${image.path}` : image.path;

/** A prefix that image names are appended to. */
export interface Prefix {
  readonly prefix: string;
  readonly registry: string;
}

/** Parses a prefix, such as `ghcr.io/acme`, `localhost:5001`, or `acme` for Docker Hub; trailing slashes are ignored. */
export function parsePrefix(text: string): Prefix | NotAReference {
  const prefix = text.trim().replace(/\/+$/u, '');
  if (prefix === '') return { problem: 'it is empty' };
  if (isRegistry(prefix) && !prefix.includes('/')) {
    const registry = prefix.toLowerCase();
    return isRegistry(registry) && isHost(registry)
      ? { prefix: registry, registry }
      : { problem: `"${prefix}" is not a registry host` };
  }
  const name = parseReference(prefix);
  if ('problem' in name) return name;
  if (name.digest !== undefined || name.tag !== undefined) {
    return { problem: 'it is an image, but must be a registry or a path in a registry' };
  }
  return { prefix: repositoryOf(name), registry: registryOf(name) };
}
