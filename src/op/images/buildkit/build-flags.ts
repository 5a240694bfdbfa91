import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, type OpError } from '../../kit/errors/op-error.js';
import { formatReference, parseReference } from '../../systems/registry/reference.js';
import { fullName } from '../image-mirrors/mirror.js';
import { sourcePolicy } from '../image-mirrors/source-policy.js';
import type { BuildPaths } from './build-paths.js';
import type { DockerfileBuild } from './dockerfile-build.js';
import { attestationFlags, exportedCache, importedCache, networkFlags, option, outputValue } from './flag-values.js';
import { dockerfileLocal, refuseOtherScope, scopeFlags } from './scope-flags.js';
import { secretFlags } from './secrets.js';
import { sshFlags } from './ssh.js';
import { isSyntaxBuiltIn, stagesOf } from './syntax.js';

interface BuildFiles {
  readonly paths: BuildPaths;
  /** The text of the Dockerfile. */
  readonly dockerfile: string;
  /** Directory for files that buildctl reads; it is removed after the build. */
  readonly directory: string;
}

/** The longest argument that Linux allows (MAX_ARG_STRLEN, 32 pages). */
const longestArgument = 131_071;

/**
 * The flags of `buildctl build` for a Dockerfile.
 * @throws OpError (input)
 */
export async function buildFlags(
  context: Context,
  build: DockerfileBuild,
  { paths, dockerfile, directory }: BuildFiles,
): Promise<readonly string[]> {
  refuseOtherScope(build, dockerfile);
  const flags = [
    '--frontend=dockerfile.v0',
    ...['--local', `context=${paths.context}`, '--local', `${dockerfileLocal(build.scope)}=${paths.directory}`],
    ...option('filename', paths.filename),
    ...(build.target === undefined ? [] : option('target', build.target)),
    ...buildArgFlags(context, build),
    ...scopeFlags(build),
    ...(build.platforms.length === 0 ? [] : option('platform', build.platforms.join(','))),
    ...(build.noCache ? ['--no-cache'] : []),
    ...(build.pull ? option('image-resolve-mode', 'pull') : []),
    ...networkFlags(build),
    // Frontends that were started by a syntax line get this option. With it, the built-in one does not read the line again.
    ...(isSyntaxBuiltIn(dockerfile) && !('BUILDKIT_SYNTAX' in build.buildArgs)
      ? option('cmdline', 'dockerfile.v0')
      : []),
    ...build.attest.flatMap(attestationFlags),
    ...(await secretFlags(context, build)),
    ...(await sshFlags(context, build)),
    ...build.cacheFrom.flatMap((cache) => ['--import-cache', importedCache(build, cache)]),
    ...build.cacheTo.flatMap((cache) => ['--export-cache', exportedCache(build, cache)]),
    ...ownImageFlags(build, stagesOf(dockerfile)),
    ...(await policyFlags(build, directory)),
    ...['--output', outputValue(build)],
  ];
  for (const flag of flags) checkArgument(build, flag);
  return flags;
}

function buildArgFlags({ env }: Context, { buildArgs }: DockerfileBuild): readonly string[] {
  return Object.entries(buildArgs).flatMap(([name, value]) => {
    const known = value ?? env[name];
    return known === undefined ? [] : option(`build-arg:${name}`, known);
  });
}

/** Images that are not in a registry: BuildKit reads them from this machine, under the name that the Dockerfile uses. */
function ownImageFlags(build: DockerfileBuild, stages: readonly string[]): readonly string[] {
  return build.own.flatMap(({ name, digest, layout }, index) => {
    if (layout === undefined) return [];
    const context = contextName(name);
    if (stages.some((stage) => stage.toLowerCase() === context)) throw stageNamedAsImage(build, context);
    const store = `own-${index}`;
    return ['--oci-layout', `${store}=${layout}`, ...option(`context:${context}`, `oci-layout://${store}@${digest}`)];
  });
}

/** The form in which BuildKit looks up a named context. Source: dockerui.Client.NamedContext and reference.FamiliarString. */
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

/** The operating system accepts neither; without this check a user would see `spawn E2BIG`. */
function checkArgument({ image }: DockerfileBuild, flag: string): void {
  const name = /^[^=]*/u.exec(flag)?.[0] ?? '';
  const why = flag.includes('\0')
    ? `${name} has a zero byte`
    : Buffer.byteLength(flag) > longestArgument
      ? `${name} has ${Buffer.byteLength(flag)} bytes; the limit is ${longestArgument}`
      : undefined;
  if (why === undefined) return;
  const hint = 'put the value into a file of the context, or into a secret';
  throw inputError({ what: `cannot pass the values of ${image} to BuildKit`, why, hint });
}

const stageNamedAsImage = ({ image }: DockerfileBuild, stage: string): OpError =>
  inputError({
    what: `cannot build ${image}: its Dockerfile has a stage ${stage}`,
    why: 'an image of this build that is not in a registry has the same name, and BuildKit would use it instead of the stage',
    hint: 'rename the stage',
  });
