import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { type Env, namesSecret } from '../../kit/config/setting.js';
import { toolError } from '../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { masking } from '../../kit/log/masking.js';
import { run } from '../../kit/process/run.js';
import { buildFlags } from './build-flags.js';
import { findBuildPaths } from './build-paths.js';
import { type BuildKit, connectionFlags } from './connection.js';
import type { DockerfileBuild } from './dockerfile-build.js';
import { explainBuild } from './explain-build.js';
import { watchProgress } from './progress.js';
import { refuseOtherLevel } from './server-level.js';

/** The image that was made. */
export interface BuiltByBuildKit {
  readonly digest: string;
  /** How many steps of the Dockerfile were needed. */
  readonly steps: number;
  /** How many of them were cached. */
  readonly cached: number;
}

/**
 * Builds a Dockerfile on a BuildKit server with `buildctl` as a plain client: it sends the context, and no step runs on this machine.
 * The server pulls and pushes the images, so it gets the registry's password too.
 *
 * Share a server only between teams that trust each other: it treats a file as unchanged if path, size and modification time match the
 * context that was sent last, by any client (BuildKit's incremental transfer; buildctl cannot turn it off).
 *
 * Attestations are attached only on request, so an image for one platform is a plain manifest. When op is stopped, buildctl stops too,
 * and the server cancels the build.
 * @param env DOCKER_CONFIG for buildctl
 * @param onLine called with short lines during the build
 * @throws OpError (input) for a problem in the repository or its Dockerfile; (refused) for a server of the other trust level; (tool) for a failed step, server or registry
 */
export async function buildDockerfile(
  context: Context,
  env: Env,
  buildkit: BuildKit,
  build: DockerfileBuild,
  onLine: (line: string) => void,
): Promise<BuiltByBuildKit> {
  await refuseOtherLevel(context, buildkit, build);
  const paths = await findBuildPaths(build);
  const dockerfile = await readFile(join(paths.directory, paths.filename), 'utf8');
  await using temporary = await makePrivateDirectory(context, 'buildkit');
  const directory = temporary.path;
  const metadata = join(directory, 'metadata.json');
  const flags = await buildFlags(context, build, { paths, dockerfile, directory });
  const args = [...(await connectionFlags(buildkit)), 'build', ...flags];
  const progress = watchProgress((line) => {
    const warning = warningIn(line);
    if (warning === undefined) onLine(line);
    else context.log.warn(`${build.image}: ${warning}`);
  }, secretsIn(build.buildArgs, context.env).masked);
  const command = {
    program: 'buildctl',
    args: [...args, '--metadata-file', metadata, '--progress=rawjson'],
    cwd: paths.context,
    env: { ...(await configFor(context, env, directory)), ...env },
    keepOutput: false,
    onLine: progress.onLine,
  };
  const ended = await run(context, command);
  if (ended.ended !== 'ok') throw explainBuild({ build, buildkit, paths, dockerfile, command, ended, progress });
  return { digest: await digestIn(metadata, build.image), ...progress.counts() };
}

/** Shorter values are no secrets, and are words of other lines too. */
const shortestSecret = 4;

/** The values of build arguments that are called like secrets. */
function secretsIn(buildArgs: DockerfileBuild['buildArgs'], env: Env) {
  const secrets = masking();
  for (const [name, given] of Object.entries(buildArgs)) {
    const value = given ?? env[name] ?? '';
    if (namesSecret(name) && value.length >= shortestSecret) secrets.secret(value);
  }
  return secrets;
}

/** A warning of BuildKit or about its cache; what a command of the Dockerfile prints is indented. */
const warningIn = (line: string) => /^(?:#\d+ )?warning: (.*)$/su.exec(line)?.[1];

/**
 * buildctl writes a seed for its tokens next to the Docker config, and fails if it cannot create that directory, as in a pod with a
 * read-only root and no credentials.
 */
async function configFor({ env }: Context, given: Env, directory: string): Promise<Env> {
  if (given.DOCKER_CONFIG ?? env.DOCKER_CONFIG) return {};
  const usual = join(env.HOME ?? '/', '.docker');
  return access(usual).then(
    () => ({}),
    () => ({ DOCKER_CONFIG: directory }),
  );
}

async function digestIn(metadata: string, image: string): Promise<string> {
  const content = await readFile(metadata, 'utf8').catch(() => '');
  const digest = /"containerimage\.digest": "(sha256:[0-9a-f]{64})"/u.exec(content)?.[1];
  if (digest !== undefined) return digest;
  throw toolError({
    what: `BuildKit gave no digest for ${image}`,
    why: 'buildctl succeeded, but its metadata has no image digest',
    hint: 'run op doctor to check that this version of buildctl is supported',
  });
}
