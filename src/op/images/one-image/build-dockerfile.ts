import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { watchOutput } from '../../kit/log/output.js';
import { isPlainHttp } from '../../systems/registry/protocol.js';
import { registryOf } from '../../systems/registry/reference.js';
import { buildDockerfile } from '../buildkit/build.js';
import { parseAttestations, parseBuildArgs } from '../buildkit/build-options.js';
import { cacheScope } from '../buildkit/cache-scope.js';
import type { BuildKit } from '../buildkit/connection.js';
import type { DockerfileBuild } from '../buildkit/dockerfile-build.js';
import { checkBuildKit, findBuildKit } from '../buildkit/find-buildkit.js';
import { cacheReference, sourceOf } from '../engines/build-cache.js';
import { buildAndReport, type PreparedImage, type PushedImage, prepareImage } from './one-image.js';
import type { DockerfileRequest } from './options.js';

/**
 * Builds one Dockerfile through BuildKit and pushes it, without skaffold.yaml.
 * @throws OpError (usage, input, tool, deadline, refused)
 */
export async function buildImageFromDockerfile(outer: Context, request: DockerfileRequest): Promise<void> {
  await using prepared = await prepareImage(outer, request);
  const { context } = prepared;
  const attest = parseAttestations(request.attest);
  const buildArgs = parseBuildArgs(request.buildArg);
  const configured = prepared.of('BUILDKIT_HOST');
  const buildkit = await findBuildKit(context, {
    host: request.buildkitHost ?? configured?.value,
    origin: request.buildkitHost === undefined && configured ? `BUILDKIT_HOST (${configured.origin})` : undefined,
    tls: request.buildkitTls,
  });
  if (buildkit === undefined) throw noBuildKit();
  await checkBuildKit(context, buildkit);
  await buildAndReport(prepared, request, () => build(prepared, request, buildkit, { attest, buildArgs }));
}

async function build(
  { context, access, mirrors, target, root, head }: PreparedImage,
  request: DockerfileRequest,
  buildkit: BuildKit,
  parsed: Pick<DockerfileBuild, 'attest' | 'buildArgs'>,
): Promise<PushedImage> {
  const { log } = context;
  using output = watchOutput(context, `building ${request.image}`);
  log.step(`building ${request.image} from ${request.context}${at(request.dockerfile)} through ${where(buildkit)}`);
  const cache = cacheReference(request, target, 'buildkit');
  const { digest, steps, cached } = await buildDockerfile(
    context,
    access.env,
    buildkit,
    {
      ...parsed,
      image: request.image,
      context: resolve(root, request.context),
      dockerfile: request.dockerfile === undefined ? 'Dockerfile' : resolve(root, request.dockerfile),
      root,
      target: request.target,
      secrets: [],
      secretsDirectory: request.secrets,
      ssh: undefined,
      platforms: request.platform,
      network: undefined,
      addHosts: [],
      noCache: request.noCache,
      pull: request.noCache,
      cacheFrom: cache,
      cacheTo: cache,
      scope: cacheScope(request.cacheTrust, sourceOf(head, request.gitUrl, target)),
      mirrors,
      own: [],
      insecure: access.insecure,
      output: { push: target, insecure: isPlainHttp(registryOf(target), access.insecure) },
    },
    (line) => output.line(`  ${line}`),
  );
  return { digest, engine: 'buildkit', detail: `${cached} of ${steps} steps cached` };
}

const at = (dockerfile: string | undefined) => (dockerfile === undefined ? '' : ` with ${dockerfile}`);
const where = ({ address, origin }: BuildKit) => `BuildKit at ${address} (${origin})`;

const noBuildKit = () =>
  inputError({
    what: 'no BuildKit found',
    why: '--buildkit-host and BUILDKIT_HOST are not set, and nothing answers at the usual sockets',
    hint: 'name one with --buildkit-host tcp://HOST:PORT, and --buildkit-tls DIR if it requires a certificate',
  });
