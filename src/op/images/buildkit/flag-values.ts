import { isIP } from 'node:net';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { isPlainHttp } from '../../systems/registry/protocol.js';
import { formatReference, parseReference, registryOf } from '../../systems/registry/reference.js';
import type { DockerfileBuild } from './dockerfile-build.js';

type Field = readonly [string, string];

/**
 * One value in the comma-separated form of `buildctl --output`, `--secret` and others, such as `type=oci,dest=/a,b` with the path `/a,b`.
 * Source: tonistiigi/go-csvvalue and RFC 4180: a field with a comma, a quote or a line break is quoted, and its quotes are doubled.
 */
export const csv = (fields: readonly Field[]) => fields.map(([key, value]) => quoted(`${key}=${value}`)).join(',');

const quoted = (field: string) => (/[",\r\n]/u.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

/** A flag `--opt`; its value is everything after the first `=`, without quoting. */
export const option = (name: string, value: string): readonly string[] => ['--opt', `${name}=${value}`];

type NetworkSettings = Pick<DockerfileBuild, 'image' | 'network' | 'addHosts'>;

/**
 * The flags for the network of `RUN` steps, and for host names in them.
 * @throws OpError (input) for a network that only a Docker daemon has, and for a host that is not HOST:IP
 */
export function networkFlags(build: NetworkSettings): readonly string[] {
  const hosts = build.addHosts.map((entry) => hostOf(build, entry));
  return [...networkModeFlags(build), ...(hosts.length === 0 ? [] : option('add-hosts', csv(hosts)))];
}

function networkModeFlags({ image, network }: NetworkSettings): readonly string[] {
  switch (network?.toLowerCase() || 'default') {
    case 'default':
    case 'bridge':
      return [];
    case 'none':
      return option('force-network-mode', 'none');
    case 'host':
      return [...option('force-network-mode', 'host'), '--allow', 'network.host'];
    default:
      throw inputError({
        what: `cannot build ${image} in the network ${network}`,
        why: 'BuildKit has the networks default, none and host; others need a Docker daemon',
        hint: 'leave out network in skaffold.yaml, or set it to none or host',
      });
  }
}

/** `HOST:IP`, as in Docker; an IPv6 address may be in brackets. */
function hostOf({ image }: NetworkSettings, entry: string): Field {
  const at = entry.search(/[:=]/u);
  const address = entry.slice(at + 1).replace(/^\[(.*)\]$/u, '$1');
  if (at > 0 && isIP(address) > 0) return [entry.slice(0, at), address];
  throw inputError({
    what: `cannot add the host ${entry} to the build of ${image}`,
    why: 'it is not HOST:IP',
    hint: 'use a name and an address, such as db:10.0.0.7; host-gateway needs a Docker daemon',
  });
}

/** The flags for a statement that is pushed with the image. */
export function attestationFlags(attestation: DockerfileBuild['attest'][number]): readonly string[] {
  if (attestation === 'provenance') return option('attest:provenance', 'mode=min');
  const generator = attestation === 'sbom' ? undefined : attestation.slice('sbom='.length);
  return option('attest:sbom', generator === undefined ? '' : csv([['generator', generator]]));
}

/** A value of `--import-cache`. */
export const importedCache = (build: DockerfileBuild, cache: string) => cacheValue(build, cache, []);

/** A value of `--export-cache`. The cache only saves time: an image that is pushed counts even if its cache cannot be written. */
export const exportedCache = (build: DockerfileBuild, cache: string) =>
  cacheValue(build, cache, [
    ['mode', 'max'],
    ['ignore-error', 'true'],
  ]);

function cacheValue({ output, insecure = [] }: DockerfileBuild, cache: string, more: readonly Field[]): string {
  if (hasType(cache)) return registryCache(cache);
  const reference = parseReference(cache);
  const registry = 'problem' in reference ? undefined : registryOf(reference);
  const ofOutput = 'push' in output && output.insecure && registry === registryOf(output.push);
  const isInsecure = ofOutput || (registry !== undefined && isPlainHttp(registry, insecure));
  const plain: readonly Field[] = isInsecure ? [['registry.insecure', 'true']] : [];
  return csv([['type', 'registry'], ['ref', cache], ...more, ...plain]);
}

const hasType = (cache: string) => cache.split(',').some((field) => /^"?type=/iu.test(field));

/**
 * buildctl reads caches of other types itself, on op's side: files of this machine, and services for which it adds what the environment has
 * for them. skaffold.yaml must not choose these.
 */
function registryCache(cache: string): string {
  const types = cache.split(',').filter((field) => /^type=/iu.test(field));
  if (!cache.includes('"') && types.every((type) => type === 'type=registry')) return cache;
  throw refusedError({
    what: `cannot use the build cache ${cache}`,
    why: 'only caches in a registry are used: for others, buildctl would read files or credentials of its own side',
    hint: 'name an image, such as registry.example.com/cache/web, or write type=registry,ref=IMAGE',
  });
}

/** The value of `--output`. */
export function outputValue({ output }: DockerfileBuild): string {
  if ('layout' in output)
    return csv([
      ['type', 'oci'],
      ['tar', 'false'],
      ['dest', output.layout],
    ]);
  const insecure: readonly Field[] = output.insecure ? [['registry.insecure', 'true']] : [];
  return csv([['type', 'image'], ['name', formatReference(output.push)], ['push', 'true'], ...insecure]);
}
