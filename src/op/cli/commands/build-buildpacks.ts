import { flag, list, optional, repeatable } from '../option.js';
import type { AddCommand } from '../program.js';
import { addStandAloneOptions, type StandAloneOptions, standAloneRequest } from '../stand-alone-options.js';

interface Options extends StandAloneOptions {
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
  readonly builderContainer?: string;
}

/** `op build-buildpacks`: one image with Cloud Native Buildpacks, without skaffold.yaml. */
export const addBuildBuildpacks: AddCommand = (program, action) => {
  const own = [
    optional('--context <dir>', 'directory of the application (default: the root)'),
    optional('--builder <image>', 'builder image (default: the one of project.toml)'),
    optional('--run-image <image>', 'image to run on (default: the one of the builder)'),
    repeatable('--env <name=value>', 'variable of the build; one value may have several, a line each'),
    list('--buildpack <name>', 'buildpack to use: an ID of the builder, a directory, docker://IMAGE'),
    optional('--descriptor <file>', 'project descriptor, from the context (default: project.toml)'),
    optional('--default-process <type>', 'process that the image starts (default: what buildpacks say)'),
    optional('--build-cache <repository>', 'registry and path where layers for later builds are kept'),
    flag('--clear-cache', 'build as if nothing had been built before'),
    optional('--sbom-output <dir>', 'directory for the bills of materials that buildpacks make'),
    list('--image-mirror <host=mirror>', 'where builders of a registry are taken from; also OP_IMAGE_MIRRORS'),
    optional('--builder-container <dir>', 'directory shared with a container of the builder that runs beside op'),
  ];
  const description = 'build one image with buildpacks and push it; no skaffold.yaml, no Docker daemon';
  addStandAloneOptions(program.command('build-buildpacks').description(description), own).action(
    action<Options>(async (context, options) => {
      const { buildStandAlone } = await import('../../images/one-image/build-buildpacks.js');
      await buildStandAlone(context, {
        ...standAloneRequest(options),
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
        builderContainer: options.builderContainer,
      });
    }),
  );
};
