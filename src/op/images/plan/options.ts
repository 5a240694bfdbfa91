import { option, type RequestOf } from '../../kit/options/option.js';
import { resultOptions } from '../../kit/results/options.js';
import { registryOptions } from '../../systems/registry/options.js';
import { cacheTrusts, dockerfileOptions } from '../buildkit/options.js';
import { buildpacksOptions } from '../buildpacks/options.js';
import { directoryOptions, type SettingFlags, settingOptions } from '../settings/options.js';

/** The options of every command that builds images, with skaffold.yaml or without. */
export const imageBuildOptions = {
  insecureRegistry: registryOptions.insecureRegistry,
  imageMirror: option.list(
    'mirrors to pull base, builder and run images from, such as docker.io=mirror.example.com/hub',
    { value: '<host=mirror>', variable: 'OP_IMAGE_MIRRORS' },
  ),
  buildCache: option.text('registry and path of the build cache, one repository per image', {
    value: '<repository>',
    otherwise: 'no cache',
  }),
  cacheTrust: option.choice(
    'trust level of the build: an untrusted one writes no cache that a trusted one reads; say trusted for releases only',
    cacheTrusts,
    { value: '<level>', default: 'untrusted' },
  ),
  dockerconfig: registryOptions.dockerconfig,
  gitUrl: option.text('URL of the source', { value: '<url>', otherwise: 'the remote origin' }),
  timeout: option.duration('time limit for the whole build', { default: '45m' }),
  ...resultOptions,
};

/** The options of `build`, `push` and `build-push`. */
export const buildOptions = {
  ...directoryOptions,
  skaffoldFile: option.text('path of skaffold.yaml in the repository', {
    value: '<file>',
    letter: 'f',
    aliases: ['filename'],
    default: 'skaffold.yaml',
  }),
  ...settingOptions,
  rebuild: option.flag(
    'build again what is already built for this commit, and move tags such as v1.2.3 to the new images',
  ),
  engine: option.choice(
    'build engine for every image that it supports',
    ['auto', 'skaffold', 'buildkit', 'lifecycle', 'pack'],
    { value: '<engine>', default: 'auto' },
  ),
  allowCustom: option.flag(
    'allow builds that run code of the repository next to the registry credentials: custom, ko, jib and bazel builders, hooks, and all that Skaffold builds',
    { default: true },
  ),
  jobs: option.count('number of images to build in parallel', { default: 4 }),
  ...dockerfileOptions,
  ...buildpacksOptions,
  ...imageBuildOptions,
};

/** What `build`, `push` and `build-push` are asked for. Every relative path starts at `directory`. */
export type BuildRequest = RequestOf<typeof buildOptions> & Pick<SettingFlags, 'pushAll'>;
