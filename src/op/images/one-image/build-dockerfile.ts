import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { isPlainHttp } from '../../systems/registry/plain-http.js';
import { registryOf } from '../../systems/registry/reference.js';
import { parseAttestations } from '../buildkit/attestation.js';
import { buildDockerfile, type DockerfileBuild } from '../buildkit/build.js';
import { parseBuildArgs } from '../buildkit/build-args.js';
import { type BuildKit, checkBuildKit, findBuildKit } from '../buildkit/buildkit.js';
import { cacheReference } from '../push/build-cache.js';
import { type StandAloneBuilt, type StandAloneReady, withStandAlone } from './one-image.js';
import type { DockerfileRequest } from './options.js';

/**
 * Builds one Dockerfile through BuildKit and pushes it, without skaffold.yaml.
 * @throws OpError (usage, input, tool, deadline, refused)
 */
export async function buildStandAlone(outer: Context, request: DockerfileRequest): Promise<void> {
  await withStandAlone(outer, request, async (ready) => {
    const { context } = ready;
    const attest = parseAttestations(request.attest);
    const buildArgs = parseBuildArgs(request.buildArg);
    const configured = ready.of('BUILDKIT_HOST');
    const buildkit = await findBuildKit(context, {
      host: request.buildkitHost ?? configured?.value,
      origin: request.buildkitHost === undefined && configured ? `BUILDKIT_HOST (${configured.origin})` : undefined,
      tls: request.buildkitTls,
    });
    if (buildkit === undefined) throw noBuildKit();
    await checkBuildKit(context, buildkit);
    return () => build(ready, request, buildkit, { attest, buildArgs });
  });
}

async function build(
  { context, access, mirrors, target, root }: StandAloneReady,
  request: DockerfileRequest,
  buildkit: BuildKit,
  parsed: Pick<DockerfileBuild, 'attest' | 'buildArgs'>,
): Promise<StandAloneBuilt> {
  const { log } = context;
  log.step(`building ${request.image} from ${request.context}${at(request.dockerfile)} through ${where(buildkit)}`);
  const cache = cacheReference(request.buildCache, target, 'buildkit');
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
      mirrors,
      own: [],
      insecure: access.insecure,
      output: { push: target, insecure: isPlainHttp(registryOf(target), access.insecure) },
    },
    (line) => log.step(`  ${line}`),
  );
  return { digest, engine: 'buildkit', detail: `${cached} of ${steps} steps cached` };
}

const at = (dockerfile: string | undefined) => (dockerfile === undefined ? '' : ` with ${dockerfile}`);
const where = ({ address, origin }: BuildKit) => `BuildKit at ${address} (${origin})`;

const noBuildKit = () =>
  inputError({
    what: 'there is no BuildKit to build with',
    why: 'neither --buildkit-host nor BUILDKIT_HOST names one, and no usual socket answers',
    hint: 'name one with --buildkit-host tcp://HOST:PORT, with --buildkit-tls DIR when it wants a certificate',
  });
