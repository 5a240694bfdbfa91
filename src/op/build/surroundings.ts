import { resolve } from 'node:path';
import { parseAttestations } from '../buildkit/attestation.js';
import { findBuildKit } from '../buildkit/buildkit.js';
import { findPlace } from '../buildpacks/place.js';
import type { Settings } from '../config/settings.js';
import type { Context } from '../context.js';
import { parseMirrors } from '../mirror/mirror.js';
import { dockerDaemonAnswers } from './docker-daemon.js';
import type { Around } from './engine.js';
import type { BuildRequest } from './request.js';

/** Looks for everything here that can build. @throws OpError (input, usage) for settings that are not what they should be */
export async function lookAround(context: Context, request: BuildRequest, settings: Settings): Promise<Around> {
  const daemon = await dockerDaemonAnswers(context.env);
  const configured = settings.of('BUILDKIT_HOST');
  const host = request.buildkitHost ?? configured?.value;
  const container = request.builderContainer && resolve(context.cwd, request.builderContainer);
  const [buildkit, place] = await Promise.all([
    findBuildKit(context, { host, tls: request.buildkitTls }),
    findPlace(context, { container, builder: request.builder, daemon, engine: request.engine }),
  ]);
  const named = request.buildkitHost === undefined && configured !== undefined;
  const origin = named ? `BUILDKIT_HOST (${configured.origin})` : buildkit?.origin;
  return {
    daemon,
    buildkit: buildkit && { ...buildkit, origin: origin ?? buildkit.origin },
    place,
    mirrors: parseMirrors(mirrorsOf(request, settings)),
    attest: parseAttestations(request.attest),
    platforms: request.platform.map((platform) => (platform.includes('/') ? platform : `linux/${platform}`)),
    machine: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}

const mirrorsOf = ({ imageMirror }: BuildRequest, settings: Settings) =>
  imageMirror.length > 0 ? imageMirror : (settings.of('OP_IMAGE_MIRRORS')?.value ?? '').split(',').filter(Boolean);
