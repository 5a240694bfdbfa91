import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, type OpError } from '../../kit/errors/op-error.js';
import { isPlainHttp } from '../../systems/registry/plain-http.js';
import { formatReference, parseReference, registryOf } from '../../systems/registry/reference.js';
import { fullName } from '../image-mirrors/mirror.js';
import { sourcePolicy } from '../image-mirrors/source-policy.js';
import type { DockerfileBuild } from './build.js';
import { csv } from './csv.js';
import { hostFlags } from './network.js';
import type { Places } from './places.js';
import { secretFlags } from './secrets.js';
import { sshFlags } from './ssh.js';
import { isSyntaxInside, stagesOf } from './syntax.js';

interface Surroundings {
  readonly places: Places;
  /** The text of the Dockerfile. */
  readonly dockerfile: string;
  /** Directory for files that buildctl is given; it is gone after the build. */
  readonly directory: string;
}

/** Linux takes no longer single argument (MAX_ARG_STRLEN, 32 pages). */
const longestArgument = 131_071;

/**
 * The flags of `buildctl build` for a Dockerfile. A value of `--opt` is all that stands after its first `=`; the values of `--output`,
 * `--secret` and the caches are comma-separated (see `csv`).
 * @throws OpError (input)
 */
export async function buildFlags(
  context: Context,
  build: DockerfileBuild,
  { places, dockerfile, directory }: Surroundings,
): Promise<readonly string[]> {
  const flags = [
    '--frontend=dockerfile.v0',
    ...['--local', `context=${places.context}`, '--local', `dockerfile=${places.directory}`],
    ...option('filename', places.filename),
    ...(build.target === undefined ? [] : option('target', build.target)),
    ...argumentFlags(context, build),
    ...(build.platforms.length === 0 ? [] : option('platform', build.platforms.join(','))),
    ...(build.noCache ? ['--no-cache'] : []),
    ...(build.pull ? option('image-resolve-mode', 'pull') : []),
    ...hostFlags(build),
    // Said by a frontend that another one has chosen: the line is not looked at again.
    ...(isSyntaxInside(dockerfile) && !('BUILDKIT_SYNTAX' in build.buildArgs)
      ? option('cmdline', 'dockerfile.v0')
      : []),
    ...build.attest.flatMap(attestationFlags),
    ...(await secretFlags(context, build)),
    ...(await sshFlags(context, build)),
    ...build.cacheFrom.flatMap((cache) => ['--import-cache', cacheValue(build, cache, [])]),
    ...build.cacheTo.flatMap((cache) => ['--export-cache', cacheValue(build, cache, exported)]),
    ...ownFlags(build, stagesOf(dockerfile)),
    ...(await policyFlags(build, directory)),
    ...['--output', outputValue(build)],
  ];
  for (const flag of flags) checkArgument(build, flag);
  return flags;
}

const option = (name: string, value: string) => ['--opt', `${name}=${value}`];

function argumentFlags({ env }: Context, { buildArgs }: DockerfileBuild): readonly string[] {
  return Object.entries(buildArgs).flatMap(([name, value]) => {
    const known = value ?? env[name];
    return known === undefined ? [] : option(`build-arg:${name}`, known);
  });
}

function attestationFlags(attestation: DockerfileBuild['attest'][number]): readonly string[] {
  if (attestation === 'provenance') return option('attest:provenance', 'mode=min');
  const generator = attestation === 'sbom' ? undefined : attestation.slice('sbom='.length);
  return option('attest:sbom', generator === undefined ? '' : csv([['generator', generator]]));
}

/** A cache saves time and is no result: an image that is pushed counts, whatever became of its cache. */
const exported: readonly (readonly [string, string])[] = [
  ['mode', 'max'],
  ['ignore-error', 'true'],
];

function cacheValue(
  { output, insecure = [] }: DockerfileBuild,
  cache: string,
  more: readonly (readonly [string, string])[],
): string {
  if (/^(?:[^,]*,)*type=/u.test(cache)) return cache;
  const reference = parseReference(cache);
  const registry = 'problem' in reference ? undefined : registryOf(reference);
  const ofOutput = 'push' in output && output.insecure && registry === registryOf(output.push);
  const isInsecure = ofOutput || (registry !== undefined && isPlainHttp(registry, insecure));
  const plain: readonly (readonly [string, string])[] = isInsecure ? [['registry.insecure', 'true']] : [];
  return csv([['type', 'registry'], ['ref', cache], ...more, ...plain]);
}

/** Images that are in no registry: BuildKit reads them from this machine, under the name that the Dockerfile has for them. */
function ownFlags(build: DockerfileBuild, stages: readonly string[]): readonly string[] {
  return build.own.flatMap(({ name, digest, layout }, index) => {
    if (layout === undefined) return [];
    const context = contextName(name);
    if (stages.some((stage) => stage.toLowerCase() === context)) throw stageNamedAsImage(build, context);
    const store = `own-${index}`;
    return ['--oci-layout', `${store}=${layout}`, ...option(`context:${context}`, `oci-layout://${store}@${digest}`)];
  });
}

/** The form in which BuildKit looks for a named context. Source: dockerui.Client.NamedContext and reference.FamiliarString. */
function contextName(name: string): string {
  const reference = parseReference(name);
  if ('problem' in reference) return name;
  const { host, path } = fullName(reference);
  const { registry: _, ...rest } = reference;
  const familiar = host === 'docker.io' ? path.replace(/^library\//u, '') : `${host}/${path}`;
  return formatReference({ ...rest, path: familiar }).replace(/:latest$/u, '');
}

async function policyFlags({ mirrors, own }: DockerfileBuild, directory: string): Promise<readonly string[]> {
  const policy = sourcePolicy(
    mirrors,
    own.map(({ name }) => name),
  );
  if (policy === undefined) return [];
  const file = join(directory, 'source-policy.json');
  await writeFile(file, policy);
  return ['--source-policy-file', file];
}

function outputValue({ output }: DockerfileBuild): string {
  if ('layout' in output)
    return csv([
      ['type', 'oci'],
      ['tar', 'false'],
      ['dest', output.layout],
    ]);
  const insecure: readonly (readonly [string, string])[] = output.insecure ? [['registry.insecure', 'true']] : [];
  return csv([['type', 'image'], ['name', formatReference(output.push)], ['push', 'true'], ...insecure]);
}

/** The operating system takes neither; without this check a person would read `spawn E2BIG`. */
function checkArgument({ image }: DockerfileBuild, flag: string): void {
  const name = /^[^=]*/u.exec(flag)?.[0] ?? '';
  const why = flag.includes('\0')
    ? `${name} has a zero byte`
    : Buffer.byteLength(flag) > longestArgument
      ? `${name} has ${Buffer.byteLength(flag)} bytes, and ${longestArgument} are possible`
      : undefined;
  if (why === undefined) return;
  const hint = 'put such a value into a file of the context, or into a secret';
  throw inputError({ what: `cannot pass the values of ${image} to BuildKit`, why, hint });
}

const stageNamedAsImage = ({ image }: DockerfileBuild, stage: string): OpError =>
  inputError({
    what: `cannot build ${image}: its Dockerfile has a stage ${stage}`,
    why: 'an image of this build that is in no registry has the same name, and BuildKit would take it for the stage',
    hint: 'give the stage another name',
  });
