import { createConnection } from 'node:net';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import type { Env } from '../../kit/config/setting.js';
import { findProgram } from '../../kit/process/find-program.js';
import { parseAttestations } from '../buildkit/build-options.js';
import { findBuildKit } from '../buildkit/find-buildkit.js';
import { findBuilderHost } from '../buildpacks/sandbox/builder-host.js';
import { imageMirrors } from '../image-mirrors/mirror.js';
import type { Settings } from '../settings/settings.js';
import type { Artifacts } from '../skaffold/artifacts.js';
import type { Builders } from './engine.js';
import type { BuildRequest } from './options.js';

/**
 * Finds what can build images here. It looks for a place to run buildpacks only when an image has them: that runs programs of this
 * machine to try it out, or waits for a container.
 * @throws OpError (input, usage) for invalid settings
 */
export async function findBuilders(
  context: Context,
  request: BuildRequest,
  settings: Settings,
  { artifacts }: Pick<Artifacts, 'artifacts'>,
): Promise<Builders> {
  const daemon = await dockerDaemonAnswers(context.env);
  const configured = settings.of('BUILDKIT_HOST');
  const host = request.buildkitHost ?? configured?.value;
  const container = request.builderContainer && resolve(context.cwd, request.builderContainer);
  const origin = request.buildkitHost === undefined && configured ? `BUILDKIT_HOST (${configured.origin})` : undefined;
  const [buildkit, place] = await Promise.all([
    findBuildKit(context, { host, origin, tls: request.buildkitTls }),
    artifacts.some(({ buildpacks }) => buildpacks !== undefined)
      ? findBuilderHost(context, { container, builder: request.builder, daemon, engine: request.engine })
      : { why: 'no image has buildpacks' },
  ]);
  return {
    daemon,
    skaffold: findProgram('skaffold', context.env.PATH) !== undefined,
    buildkit,
    place,
    mirrors: imageMirrors(request.imageMirror, settings.of('OP_IMAGE_MIRRORS')),
    attest: parseAttestations(request.attest),
    platforms: request.platform.map((platform) => (platform.includes('/') ? platform : `linux/${platform}`)),
    machine: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}

const usualSocket = '/var/run/docker.sock';

/** Whether a Docker daemon answers where Skaffold looks for one. A daemon that a host or a Docker context names is not tried out. */
export async function dockerDaemonAnswers(env: Env): Promise<boolean> {
  const host = env.DOCKER_HOST ?? '';
  if (env.DOCKER_CONTEXT || (host !== '' && !host.startsWith('unix://'))) return true;
  const socket = host === '' ? usualSocket : host.slice('unix://'.length);
  return new Promise((answer) => {
    const connection = createConnection(socket);
    const end = (answers: boolean) => {
      connection.destroy();
      answer(answers);
    };
    connection.once('connect', () => end(true)).once('error', () => end(false));
    connection.setTimeout(2000, () => end(false));
  });
}
