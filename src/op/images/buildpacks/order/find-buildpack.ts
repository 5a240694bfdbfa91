import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { inputError } from '../../../kit/errors/op-error.js';
import { parseReference, type Reference } from '../../../systems/registry/reference.js';
import { realPathWithin } from '../files/within-root.js';
import { type Builder, escapeId, type ModuleRef } from '../specification/builder.js';
import type { NamedBuildpack } from '../specification/project-descriptor.js';

/** Where to find a requested buildpack. */
export type BuildpackSource =
  | { readonly from: 'builder'; readonly all: true }
  | { readonly from: 'builder'; readonly all: false; readonly module: ModuleRef }
  | { readonly from: 'directory'; readonly path: string }
  | { readonly from: 'image'; readonly image: Reference }
  | { readonly from: 'script'; readonly id: string; readonly version: string; readonly script: Script };

type Script = NonNullable<NamedBuildpack['script']>;

/** Where to look for buildpacks. */
export interface SearchScope {
  readonly builder: Pick<Builder, 'image' | 'buildpacks'>;
  /** Directory that relative paths are relative to. */
  readonly base: string;
  readonly root: string;
}

/**
 * Finds a buildpack by its name in skaffold.yaml, or its id or uri in project.toml, in the same order as pack: a directory, an ID of the
 * builder, an image. Source: pack 0.37, pkg/buildpack/locator_type.go.
 * @throws OpError (input) for a buildpack that is not found, or that op does not fetch
 */
export async function findBuildpack(named: string | NamedBuildpack, scope: SearchScope): Promise<BuildpackSource> {
  if (typeof named !== 'string') {
    const { id = '', version, uri, script } = named;
    if (script !== undefined) return { from: 'script', id, version: version || '0.0.0', script };
    return findBuildpack(uri || (version ? `${id}@${version}` : id), scope);
  }
  if (named === 'from=builder' || named === 'urn:cnb:builder') return { from: 'builder', all: true };
  const prefix = /^(?:urn:cnb:builder|from=builder):/u.exec(named)?.[0];
  if (prefix !== undefined) return inBuilder(named, named.slice(prefix.length), scope.builder);
  if (/^urn:cnb:registry:/u.test(named)) throw notFetched(named, 'op does not use buildpack registries');
  const image = /^docker:\/+(.+)$/u.exec(named)?.[1];
  if (image !== undefined) return asImage(named, image);
  const file = /^file:\/\/(\/.*)$/u.exec(named)?.[1];
  if (file === undefined && /^.+:\//u.test(named)) throw notFetched(named, 'op does not download archives');
  return (await inDirectory(named, file ?? named, scope)) ?? byName(named, scope.builder);
}

async function inDirectory(
  named: string,
  path: string,
  { base, root }: SearchScope,
): Promise<BuildpackSource | undefined> {
  const real = await realPathWithin({ path: resolve(base, path), what: `the buildpack ${named}`, root });
  if (real === undefined) return undefined;
  if (!(await stat(real)).isDirectory()) throw notFetched(named, 'it is a file, but op needs a directory');
  return { from: 'directory', path: real };
}

function byName(named: string, builder: SearchScope['builder']): BuildpackSource {
  const isImage = /^[^/@]*[.:][^/@]*\//u.test(named);
  return isImage ? asImage(named, named) : inBuilder(named, named, builder);
}

function asImage(named: string, image: string): BuildpackSource {
  const reference = parseReference(image);
  if ('problem' in reference) throw notFetched(named, `it is not an image reference: ${reference.problem}`);
  return { from: 'image', image: reference };
}

function inBuilder(named: string, text: string, builder: SearchScope['builder']): BuildpackSource {
  const [id = '', version] = text.split('@');
  const same = builder.buildpacks.filter((module) => module.id === escapeId(id));
  const found = same.filter((module) => version === undefined || module.version === version);
  const [module] = found;
  if (module !== undefined && found.length === 1) {
    return { from: 'builder', all: false, module: { id, version: module.version } };
  }
  const has = (same.length > 0 ? same : builder.buildpacks).map(({ id, version }) => `${id}@${version}`);
  throw inputError({
    what: found.length > 1 ? `the buildpack ${named} needs a version` : `buildpack ${named} not found`,
    why: `the builder ${builder.image} has ${has.join(', ') || 'none'}`,
    hint: 'use one of these, a directory in the repository, or an image as docker://HOST/PATH:TAG',
  });
}

const notFetched = (named: string, why: string) =>
  inputError({
    what: `cannot use the buildpack ${named}`,
    why,
    hint: 'use the ID of a buildpack in the builder, a directory in the repository, or an image as docker://HOST/PATH:TAG',
  });
