import { duration, flag, list, optional, repeatable } from '../cli/option.js';
import type { AddCommand } from '../cli/program.js';

interface Options {
  readonly image?: string;
  readonly context?: string;
  readonly dockerfile?: string;
  readonly target?: string;
  readonly buildArg: readonly string[];
  readonly buildArgs?: string;
  readonly platform: readonly string[];
  readonly secrets?: string;
  readonly noCache: boolean;
  readonly buildCache?: string;
  readonly attest: readonly string[];
  readonly imageMirror: readonly string[];
  readonly buildkitHost?: string;
  readonly buildkitTls?: string;
  readonly dockerconfig?: string;
  readonly insecureRegistry: readonly string[];
  readonly buildResult?: string;
  readonly result: readonly string[];
  readonly gitUrl?: string;
  readonly timeout: number;
  readonly directory?: string;
}

/** Tekton cannot put a flag before each item of a list: a Task passes a list as one text. */
const linesOf = (text = '') => text.split(/\r?\n/u).filter((line) => line.trim() !== '');

/** Named as in `docker build`; commander would take it for the opposite of `--cache`. */
function noCache() {
  const option = flag('--no-cache', 'build every step again, from base images that are looked up anew');
  option.negate = false;
  return option;
}

/** `op build-dockerfile`: one Dockerfile through BuildKit, without skaffold.yaml. */
export const addBuildDockerfile: AddCommand = (program, action) => {
  program
    .command('build-dockerfile')
    .description('build one Dockerfile through BuildKit and push the image; no skaffold.yaml, no Docker daemon')
    .addOption(optional('--image <reference>', 'image to push, with its tag'))
    .addOption(
      optional('--directory <dir>', 'root of the repository; other relative paths start there (default: here)'),
    )
    .addOption(optional('--context <dir>', 'directory that COPY takes files from (default: the root)'))
    .addOption(optional('--dockerfile <file>', 'the Dockerfile (default: Dockerfile of the context)'))
    .addOption(optional('--target <stage>', 'stage to build (default: the last one)'))
    .addOption(repeatable('--build-arg <name=value>', 'build argument; NAME alone takes the value of the environment'))
    .addOption(optional('--build-args <lines>', 'build arguments, NAME=VALUE or NAME, one a line'))
    .addOption(list('--platform <os/arch>', 'platform to build for; several give an index'))
    .addOption(optional('--secrets <dir>', 'directory whose files are the secrets of the Dockerfile, by their ids'))
    .addOption(noCache())
    .addOption(
      optional('--build-cache <repository>', 'registry and path where BuildKit keeps what later builds can use'),
    )
    .addOption(list('--attest <what>', 'what is stated about the image: sbom, sbom=SCANNER-IMAGE, provenance'))
    .addOption(
      list('--image-mirror <host=mirror>', 'where base images of a registry are taken from; also OP_IMAGE_MIRRORS'),
    )
    .addOption(optional('--buildkit-host <address>', 'BuildKit, such as tcp://buildkitd:1234; also BUILDKIT_HOST'))
    .addOption(
      optional('--buildkit-tls <dir>', 'certificates for it: ca.crt, tls.crt, tls.key, or ca.pem, cert.pem, key.pem'),
    )
    .addOption(optional('--dockerconfig <dir>', 'directory with credentials: config.json or .dockerconfigjson'))
    .addOption(list('--insecure-registry <host>', 'registry without TLS, as HOST:PORT'))
    .addOption(optional('--build-result <file>', 'list of images to write (default: build_result.json)'))
    .option('--no-file-output', 'write no build_result.json')
    .addOption(repeatable('--result <name=path>', 'write an output to a file'))
    .addOption(optional('--git-url <url>', 'URL of the source (default: the remote origin)'))
    .addOption(duration('--timeout <duration>', 'how long everything may take', '45m'))
    .action(
      action<Options & { readonly fileOutput: boolean }>(async (context, options) => {
        const { buildStandAlone } = await import('../buildkit/stand-alone.js');
        await buildStandAlone(context, {
          image: options.image ?? '',
          directory: options.directory ?? '.',
          context: options.context ?? '.',
          dockerfile: options.dockerfile,
          target: options.target,
          buildArg: [...linesOf(options.buildArgs), ...options.buildArg],
          platform: options.platform,
          secrets: options.secrets,
          noCache: options.noCache,
          buildCache: options.buildCache,
          attest: options.attest,
          imageMirror: options.imageMirror,
          buildkitHost: options.buildkitHost,
          buildkitTls: options.buildkitTls,
          dockerconfig: options.dockerconfig,
          insecureRegistry: options.insecureRegistry,
          buildResult: options.fileOutput ? (options.buildResult ?? 'build_result.json') : undefined,
          result: options.result,
          gitUrl: options.gitUrl,
          timeout: options.timeout,
        });
      }),
    );
};
