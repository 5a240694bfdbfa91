import { type NotAReference, parseReference, type Reference, registryOf } from '../../systems/registry/reference.js';

const place = /\{(\w+)\}/gu;
const known = ['registry', 'path', 'name', 'tag'];

/**
 * Where an image goes: the template with the parts of the source filled in. A template without a tag keeps that of the source; an image
 * without a tag has none at the destination either.
 * @example fillDestination('mirror.test/hub/{name}', { registry: 'quay.io', path: 'acme/web', tag: 'v1' }) // mirror.test/hub/web:v1
 */
export function fillDestination(template: string, source: Reference): Reference | NotAReference {
  const { path, tag } = source;
  const values: Readonly<Record<string, string>> = {
    // A colon would end the path.
    registry: registryOf(source).replaceAll(':', '-').replaceAll(/[[\]]/gu, ''),
    path,
    name: path.slice(path.lastIndexOf('/') + 1),
    tag: tag ?? '',
  };
  const { name, tag: ownTag } = split(template);
  const filled = (text: string) => text.replaceAll(place, (_, key: string) => values[key] ?? '');
  const read = parseReference(tag === undefined ? filled(name) : `${filled(name)}:${filled(ownTag ?? '{tag}')}`);
  return 'problem' in read || tag !== undefined || source.digest === undefined
    ? read
    : { ...read, digest: source.digest };
}

/** The same template for another path than that of the source, and perhaps another tag. */
export function destinationWith(template: string, path: string, tag: string | undefined): string {
  const values: Readonly<Record<string, string>> = {
    path,
    name: path.slice(path.lastIndexOf('/') + 1),
    ...(tag === undefined ? {} : { tag }),
  };
  const filled = template.replaceAll(place, (text, key: string) => values[key] ?? text);
  return tag === undefined || split(template).tag !== undefined ? filled : `${filled}:${tag}`;
}

function split(template: string): { readonly name: string; readonly tag: string | undefined } {
  const colon = template.indexOf(':', template.lastIndexOf('/') + 1);
  return colon < 0
    ? { name: template, tag: undefined }
    : { name: template.slice(0, colon), tag: template.slice(colon + 1) };
}

/** What is wrong with a template; undefined if nothing is. */
export function destinationProblem(template: string): string | undefined {
  const unknown = [...template.matchAll(place)].map(([, key = '']) => key).find((key) => !known.includes(key));
  if (unknown !== undefined) return `names {${unknown}}, and there are only {${known.join('}, {')}}`;
  if (template.includes('@')) return 'has a digest; the digest is always that of the source';
  const example = fillDestination(template, { registry: 'example.com', path: 'team/app', tag: 'v1' });
  if ('problem' in example) return `is not REGISTRY/PATH[:TAG]: ${example.problem}`;
  if (example.registry === undefined) return 'must start with the registry, such as registry.example.com/mirror/{path}';
  if (split(template).name.includes('{tag}')) return 'has {tag} in the path, and it belongs after the colon';
  return undefined;
}
