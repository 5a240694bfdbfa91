import { resolve } from 'node:path';
import { cacheReference } from '../build/build-cache.js';
import { type StandAloneRequest, withStandAlone } from '../build/stand-alone.js';
import type { Context } from '../context.js';
import { inputError } from '../errors/op-error.js';
import { parseMirrors } from '../mirror/mirror.js';
import { isPlainHttp } from '../registry/plain-http.js';
import { registryOf } from '../registry/reference.js';
import { parseAttestations } from './attestation.js';
import { buildDockerfile } from './build.js';
import { parseBuildArgs } from './build-args.js';
import { type BuildKit, checkBuildKit, findBuildKit } from './buildkit.js';

/** What `op build-dockerfile` asks for. Paths start at the repository's root. */
export interface DockerfileRequest extends StandAloneRequest {
  readonly context: string;
  /** `Dockerfile` of the context when missing. */
  readonly dockerfile: string | undefined;
  readonly target: string | undefined;
  /** `NAME=VALUE`, or `NAME` for the value of op's environment. */
  readonly buildArg: readonly string[];
  readonly platform: readonly string[];
  readonly secrets: string | undefined;
  readonly noCache: boolean;
  readonly buildCache: string | undefined;
  readonly attest: readonly string[];
  readonly imageMirror: readonly string[];
  readonly buildkitHost: string | undefined;
  readonly buildkitTls: string | undefined;
}

/**
 * Builds one Dockerfile through BuildKit and pushes it, without skaffold.yaml.
 * @throws OpError (usage, input, tool, deadline, refused)
 */
export async function buildStandAlone(outer: Context, request: DockerfileRequest): Promise<void> {
  const mirrors = parseMirrors(mirrorsOf(outer, request));
  const attest = parseAttestations(request.attest);
  const buildArgs = parseBuildArgs(request.buildArg);
  await withStandAlone(outer, request, async ({ context, access, target, root }) => {
    const { log } = context;
    const buildkit = await findBuildKit(context, { host: request.buildkitHost, tls: request.buildkitTls });
    if (buildkit === undefined) throw noBuildKit();
    await checkBuildKit(context, buildkit);
    const directory = resolve(root, request.context);
    const dockerfile = request.dockerfile === undefined ? 'Dockerfile' : resolve(root, request.dockerfile);
    log.step(`building ${request.image} from ${request.context}${at(request.dockerfile)} through ${where(buildkit)}`);
    const cache = cacheReference(request.buildCache, target, 'buildkit');
    const built = await buildDockerfile(
      context,
      access.env,
      buildkit,
      {
        image: request.image,
        context: directory,
        dockerfile,
        root,
        target: request.target,
        buildArgs,
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
        attest,
        mirrors,
        own: [],
        output: { push: target, insecure: isPlainHttp(registryOf(target), access.insecure) },
      },
      (line) => log.step(`  ${line}`),
    );
    return { digest: built.digest, notes: [`${built.cached} of ${built.steps} steps cached`] };
  });
}

const at = (dockerfile: string | undefined) => (dockerfile === undefined ? '' : ` with ${dockerfile}`);
const where = ({ address, origin }: BuildKit) => `BuildKit at ${address} (${origin})`;

const mirrorsOf = ({ env }: Context, { imageMirror }: DockerfileRequest) =>
  imageMirror.length > 0
    ? imageMirror
    : (env.OP_IMAGE_MIRRORS ?? '').split(',').filter((mirror) => mirror.trim() !== '');

const noBuildKit = () =>
  inputError({
    what: 'there is no BuildKit to build with',
    why: 'neither --buildkit-host nor BUILDKIT_HOST names one, and no usual socket answers',
    todo: 'name one with --buildkit-host tcp://HOST:PORT, with --buildkit-tls DIR when it wants a certificate',
  });
