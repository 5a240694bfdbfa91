import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { parseAttestations } from '../buildkit/attestation.js';
import { findBuildKit } from '../buildkit/buildkit.js';
import { findPlace } from '../buildpacks/place.js';
import type { Settings } from '../settings/settings.js';
import type { Artifacts } from '../skaffold/artifacts.js';
import { dockerDaemonAnswers } from './docker-daemon.js';
import type { Around } from './engine.js';
import { imageMirrors } from './image-mirrors.js';
import type { BuildRequest } from './options.js';

/**
 * Looks for everything here that can build. A place for buildpacks is looked for only when an image has them: it takes programs of this
 * machine to try it out, or waits for a container.
 * @throws OpError (input, usage) for settings that are not what they should be
 */
export async function lookAround(
  context: Context,
  request: BuildRequest,
  settings: Settings,
  { artifacts }: Pick<Artifacts, 'artifacts'>,
): Promise<Around> {
  const daemon = await dockerDaemonAnswers(context.env);
  const configured = settings.of('BUILDKIT_HOST');
  const host = request.buildkitHost ?? configured?.value;
  const container = request.builderContainer && resolve(context.cwd, request.builderContainer);
  const origin = request.buildkitHost === undefined && configured ? `BUILDKIT_HOST (${configured.origin})` : undefined;
  const [buildkit, place] = await Promise.all([
    findBuildKit(context, { host, origin, tls: request.buildkitTls }),
    artifacts.some(({ buildpacks }) => buildpacks !== undefined)
      ? findPlace(context, { container, builder: request.builder, daemon, engine: request.engine })
      : { why: 'no image has buildpacks' },
  ]);
  return {
    daemon,
    buildkit,
    place,
    mirrors: imageMirrors(request.imageMirror, settings.of('OP_IMAGE_MIRRORS')),
    attest: parseAttestations(request.attest),
    platforms: request.platform.map((platform) => (platform.includes('/') ? platform : `linux/${platform}`)),
    machine: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
