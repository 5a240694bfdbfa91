import { option, type RequestOf } from '../../kit/options/option.js';
import { buildResultFileOptions } from '../build-result/options.js';
import { dockerfileOptions } from '../buildkit/options.js';
import { buildpacksOptions } from '../buildpacks/options.js';
import { imageBuildOptions } from '../plan/options.js';
import { directoryOptions } from '../settings/options.js';

/** The options of every command that builds one image without skaffold.yaml. */
const oneImageOptions = {
  image: option.text('image to push, with its tag, such as ghcr.io/acme/shop:1.4.2', {
    value: '<reference>',
    default: '',
  }),
  ...directoryOptions,
  context: option.text('directory of the files to build', { value: '<dir>', default: '.' }),
  ...imageBuildOptions,
  ...buildResultFileOptions,
};

/** The options of `op build-dockerfile`. */
export const dockerfileImageOptions = {
  ...oneImageOptions,
  context: option.text('directory that COPY reads from', { value: '<dir>', default: '.' }),
  dockerfile: option.text('path of the Dockerfile', { value: '<file>', otherwise: 'Dockerfile in the context' }),
  target: option.text('stage to build', { value: '<stage>', otherwise: 'the last one' }),
  buildArg: option.repeatable('build argument; NAME alone uses the value of the environment variable', {
    value: '<name=value>',
  }),
  buildArgs: option.text('build arguments, NAME=VALUE or NAME, one per line', { value: '<lines>' }),
  noCache: option.flag('rebuild every step, and pull base images again'),
  ...dockerfileOptions,
};

/** The options of `op build-buildpacks`. */
export const buildpacksImageOptions = {
  ...oneImageOptions,
  context: option.text('directory of the application', { value: '<dir>', default: '.' }),
  builderContainer: buildpacksOptions.builderContainer,
  builder: option.text('builder image', { value: '<image>', otherwise: 'that of project.toml' }),
  runImage: option.text('run image', { value: '<image>', otherwise: 'that of the builder' }),
  env: option.repeatable('environment variables of the build, such as BP_JVM_VERSION=21, one per line', {
    value: '<name=value>',
  }),
  buildpack: option.list('buildpacks to use: an ID of the builder, ID@VERSION, a directory, docker://IMAGE', {
    value: '<name>',
    otherwise: 'the order of the builder',
  }),
  sbomOutput: buildpacksOptions.sbomOutput,
  descriptor: option.text('project descriptor in the context', { value: '<file>', otherwise: 'project.toml' }),
  defaultProcess: option.text('process that the image starts', {
    value: '<type>',
    otherwise: "the buildpacks' choice",
  }),
  clearCache: option.flag('ignore the cache of earlier builds'),
};

/** The part of a request that says where the list of images goes. */
type Written = keyof typeof buildResultFileOptions;

interface BuildResultFile {
  /** Where build_result.json goes; undefined for nowhere. */
  readonly buildResult: string | undefined;
}

/** What every command is asked for that builds one image without skaffold.yaml. */
export type StandAloneRequest = Omit<RequestOf<typeof oneImageOptions>, Written> & BuildResultFile;

/** What `op build-dockerfile` is asked for. */
export type DockerfileRequest = Omit<RequestOf<typeof dockerfileImageOptions>, Written | 'buildArgs'> & BuildResultFile;

/** What `op build-buildpacks` is asked for. */
export type BuildpacksRequest = Omit<RequestOf<typeof buildpacksImageOptions>, Written> & BuildResultFile;
