import { duration, flag, list, optional, repeatable } from '../cli/option.js';
import type { AddCommand } from '../cli/program.js';

interface Options {
  readonly image?: string;
  readonly context?: string;
  readonly builder?: string;
  readonly runImage?: string;
  readonly env: readonly string[];
  readonly buildpack: readonly string[];
  readonly descriptor?: string;
  readonly defaultProcess?: string;
  readonly buildCache?: string;
  readonly clearCache: boolean;
  readonly sbomOutput?: string;
  readonly imageMirror: readonly string[];
  readonly builderContainer?: string;
  readonly dockerconfig?: string;
  readonly insecureRegistry: readonly string[];
  readonly buildResult?: string;
  readonly fileOutput: boolean;
  readonly result: readonly string[];
  readonly gitUrl?: string;
  readonly timeout: number;
  readonly directory?: string;
}

/** `op build-buildpacks`: one image with Cloud Native Buildpacks, without skaffold.yaml. */
export const addBuildBuildpacks: AddCommand = (program, action) => {
  program
    .command('build-buildpacks')
    .description('build one image with buildpacks and push it; no skaffold.yaml, no Docker daemon')
    .addOption(optional('--image <reference>', 'image to push, with its tag'))
    .addOption(
      optional('--directory <dir>', 'root of the repository; other relative paths start there (default: here)'),
    )
    .addOption(optional('--context <dir>', 'directory of the application (default: the root)'))
    .addOption(optional('--builder <image>', 'builder image (default: the one of project.toml)'))
    .addOption(optional('--run-image <image>', 'image to run on (default: the one of the builder)'))
    .addOption(repeatable('--env <name=value>', 'variable of the build; one value may have several, a line each'))
    .addOption(list('--buildpack <name>', 'buildpack to use: an ID of the builder, a directory, docker://IMAGE'))
    .addOption(optional('--descriptor <file>', 'project descriptor, from the context (default: project.toml)'))
    .addOption(optional('--default-process <type>', 'process that the image starts (default: what buildpacks say)'))
    .addOption(optional('--build-cache <repository>', 'registry and path where layers for later builds are kept'))
    .addOption(flag('--clear-cache', 'build as if nothing had been built before'))
    .addOption(optional('--sbom-output <dir>', 'directory for the bills of materials that buildpacks make'))
    .addOption(
      list('--image-mirror <host=mirror>', 'where builders of a registry are taken from; also OP_IMAGE_MIRRORS'),
    )
    .addOption(
      optional('--builder-container <dir>', 'directory shared with a container of the builder that runs beside op'),
    )
    .addOption(optional('--dockerconfig <dir>', 'directory with credentials: config.json or .dockerconfigjson'))
    .addOption(list('--insecure-registry <host>', 'registry without TLS, as HOST:PORT'))
    .addOption(optional('--build-result <file>', 'list of images to write (default: build_result.json)'))
    .option('--no-file-output', 'write no build_result.json')
    .addOption(repeatable('--result <name=path>', 'write an output to a file'))
    .addOption(optional('--git-url <url>', 'URL of the source (default: the remote origin)'))
    .addOption(duration('--timeout <duration>', 'how long everything may take', '45m'))
    .action(
      action<Options>(async (context, options) => {
        const { buildStandAlone } = await import('../buildpacks/stand-alone.js');
        await buildStandAlone(context, {
          image: options.image ?? '',
          directory: options.directory ?? '.',
          context: options.context ?? '.',
          builder: options.builder,
          runImage: options.runImage,
          env: options.env,
          buildpack: options.buildpack,
          descriptor: options.descriptor,
          defaultProcess: options.defaultProcess,
          buildCache: options.buildCache,
          clearCache: options.clearCache,
          sbomOutput: options.sbomOutput,
          imageMirror: options.imageMirror,
          builderContainer: options.builderContainer,
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
