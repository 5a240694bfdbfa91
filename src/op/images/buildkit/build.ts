import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import type { Env } from '../../kit/config/setting.js';
import { toolError } from '../../kit/errors/op-error.js';
import { withTemporaryDirectory } from '../../kit/files/temporary.js';
import { run } from '../../kit/process/run.js';
import type { Reference } from '../../systems/registry/reference.js';
import type { Mirror } from '../image-mirrors/mirror.js';
import { buildFlags } from './arguments.js';
import type { Attestation } from './attestation.js';
import { type BuildKit, connectionFlags } from './buildkit.js';
import { explainBuild } from './explain.js';
import { findPlaces } from './places.js';
import { watchProgress } from './progress.js';

/** A Dockerfile, and everything that its build depends on. */
export interface DockerfileBuild {
  /** Name for messages. */
  readonly image: string;
  /** Absolute path of the context. */
  readonly context: string;
  /** Path of the Dockerfile from the context, or absolute. */
  readonly dockerfile: string;
  /** Directory that the context and the Dockerfile must not leave, also not through a symbolic link: the repository's root. */
  readonly root: string;
  readonly target: string | undefined;
  /** Evaluated; null takes the value from op's environment as `docker build --build-arg NAME` does. */
  readonly buildArgs: Readonly<Record<string, string | null>>;
  /** A file (from the root) or a variable each; with neither, a variable or else a file of that name. */
  readonly secrets: readonly {
    readonly id: string;
    readonly src?: string | undefined;
    readonly env?: string | undefined;
  }[];
  /** Directory whose files are secrets by their name (a mounted Secret); wins over src and env. `ssh-privatekey` in it serves ssh `default`. */
  readonly secretsDirectory: string | undefined;
  /** As in skaffold.yaml: `default`, `default=PATH`, `ID=PATH`. */
  readonly ssh: string | undefined;
  /** `os/arch[/variant]`; more than one give an index. */
  readonly platforms: readonly string[];
  /** `default`, `none` or `host`. */
  readonly network: string | undefined;
  /** `HOST:IP`, as `docker build --add-host` takes it. */
  readonly addHosts: readonly string[];
  readonly noCache: boolean;
  /** Whether base images are looked up anew although the builder has them. */
  readonly pull: boolean;
  /** Images (`repo:tag`) or buildctl's own `type=...` values. */
  readonly cacheFrom: readonly string[];
  /** The same; what cannot be written to an image is a warning. */
  readonly cacheTo: readonly string[];
  /** Registries without TLS, for the caches; `output` says it for its own. */
  readonly insecure?: readonly string[];
  readonly attest: readonly Attestation[];
  readonly mirrors: readonly Mirror[];
  /**
   * Images that this build made itself, by the name that the Dockerfile may use for them (after build args): never mirrored. `layout` is an
   * OCI layout directory that holds it when it is in no registry.
   */
  readonly own: readonly { readonly name: string; readonly digest: string; readonly layout?: string | undefined }[];
  /** Where the image goes: a registry, by name and tag, or an OCI layout directory. `insecure` is for a registry without TLS. */
  readonly output: { readonly push: Reference; readonly insecure: boolean } | { readonly layout: string };
}

/** The image that was made. */
export interface BuiltByBuildKit {
  readonly digest: string;
  /** Steps of the Dockerfile that were needed. */
  readonly steps: number;
  /** Those of them that were in the cache. */
  readonly cached: number;
}

/**
 * Builds a Dockerfile on a BuildKit server with `buildctl` as a plain client: it sends the context, and nothing runs here. The image
 * goes from the server to the registry; the registry's password goes there too, as BuildKit pulls and pushes for us.
 *
 * A server is for teams that trust each other: it takes a file for unchanged whose path, size and time of change are those in the
 * context that it was sent last, whoever sent that (BuildKit's incremental transfer; buildctl cannot turn it off).
 *
 * Nothing is attached to the image that was not asked for, so an image for one platform is a plain manifest. When op is stopped,
 * buildctl is, and the server ends the build.
 * @param env DOCKER_CONFIG for buildctl
 * @param onLine called with short lines while it builds
 * @throws OpError (input) for what is wrong in the repository or its Dockerfile; (tool) for a step that fails, a server, a registry
 */
export async function buildDockerfile(
  context: Context,
  env: Env,
  buildkit: BuildKit,
  build: DockerfileBuild,
  onLine: (line: string) => void,
): Promise<BuiltByBuildKit> {
  const places = await findPlaces(build);
  const dockerfile = await readFile(join(places.directory, places.filename), 'utf8');
  return withTemporaryDirectory(context, 'buildkit', async (directory) => {
    const metadata = join(directory, 'metadata.json');
    const flags = await buildFlags(context, build, { places, dockerfile, directory });
    const args = [
      ...(await connectionFlags(buildkit)),
      'build',
      ...flags,
      '--metadata-file',
      metadata,
      '--progress=rawjson',
    ];
    const progress = watchProgress(onLine);
    const withConfig = { ...(await configFor(context, env, directory)), ...env };
    const command = {
      program: 'buildctl',
      args,
      cwd: places.context,
      env: withConfig,
      keepOutput: false,
      onLine: progress.heard,
    };
    const ended = await run(context, command);
    if (ended.ended !== 'ok') throw explainBuild({ build, buildkit, places, dockerfile, command, ended, progress });
    return { digest: await digestIn(metadata, build.image), ...progress.counts() };
  });
}

/**
 * buildctl writes a seed for its tokens beside the docker config, and fails when it cannot make that directory: as in a pod whose root
 * is read-only and which has no credentials.
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
    why: 'buildctl ended well, and its metadata names no image',
    hint: 'check that op doctor finds buildctl in the version that op was made for',
  });
}
