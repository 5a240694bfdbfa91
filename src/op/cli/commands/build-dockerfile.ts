import { flag, list, optional, repeatable } from '../option.js';
import type { AddCommand } from '../program.js';
import { addStandAloneOptions, type StandAloneOptions, standAloneRequest } from '../stand-alone-options.js';

interface Options extends StandAloneOptions {
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
  readonly buildkitHost?: string;
  readonly buildkitTls?: string;
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
  const own = [
    optional('--context <dir>', 'directory that COPY takes files from (default: the root)'),
    optional('--dockerfile <file>', 'the Dockerfile (default: Dockerfile of the context)'),
    optional('--target <stage>', 'stage to build (default: the last one)'),
    repeatable('--build-arg <name=value>', 'build argument; NAME alone takes the value of the environment'),
    optional('--build-args <lines>', 'build arguments, NAME=VALUE or NAME, one a line'),
    list('--platform <os/arch>', 'platform to build for; several give an index'),
    optional('--secrets <dir>', 'directory whose files are the secrets of the Dockerfile, by their ids'),
    noCache(),
    optional('--build-cache <repository>', 'registry and path where BuildKit keeps what later builds can use'),
    list('--attest <what>', 'what is stated about the image: sbom, sbom=SCANNER-IMAGE, provenance'),
    list('--image-mirror <host=mirror>', 'where base images of a registry are taken from; also OP_IMAGE_MIRRORS'),
    optional('--buildkit-host <address>', 'BuildKit, such as tcp://buildkitd:1234; also BUILDKIT_HOST'),
    optional('--buildkit-tls <dir>', 'certificates for it: ca.crt, tls.crt, tls.key, or ca.pem, cert.pem, key.pem'),
  ];
  const description = 'build one Dockerfile through BuildKit and push the image; no skaffold.yaml, no Docker daemon';
  addStandAloneOptions(program.command('build-dockerfile').description(description), own).action(
    action<Options>(async (context, options) => {
      const { buildStandAlone } = await import('../../images/one-image/build-dockerfile.js');
      await buildStandAlone(context, {
        ...standAloneRequest(options),
        context: options.context ?? '.',
        dockerfile: options.dockerfile,
        target: options.target,
        buildArg: [...linesOf(options.buildArgs), ...options.buildArg],
        platform: options.platform,
        secrets: options.secrets,
        noCache: options.noCache,
        buildCache: options.buildCache,
        attest: options.attest,
        buildkitHost: options.buildkitHost,
        buildkitTls: options.buildkitTls,
      });
    }),
  );
};
