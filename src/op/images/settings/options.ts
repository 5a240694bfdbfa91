import { option, type RequestOf } from '../../kit/options/option.js';
import { registryOptions } from '../../systems/registry/options.js';

/** The option of every command that works on a repository. */
export const directoryOptions = {
  directory: option.text('root of the repository; other relative paths start there', { value: '<dir>', default: '.' }),
};

/** The options that say where images go, and with which profile. */
export const settingOptions = {
  profile: option.list('Skaffold profiles to use', { value: '<name>', letter: 'p' }),
  defaultRepo: option.text('registry and path to push images to', {
    value: '<registry>',
    letter: 'd',
    aliases: ['repo'],
    otherwise: 'SKAFFOLD_DEFAULT_REPO, or .registry',
  }),
  destination: option.choice(
    'which entries of .registry to use; auto is ci in CI and in pods, otherwise local',
    ['auto', 'local', 'ci', 'all'],
    { value: '<which>', default: 'auto' },
  ),
  registryFile: option.text('file that lists registries', { value: '<file>', otherwise: '.registry' }),
  namespace: option.text('Kubernetes namespace to pass to Skaffold', { value: '<name>', letter: 'n' }),
  insecureRegistry: registryOptions.insecureRegistry,
};

/** What the command line says about the settings. */
export type SettingFlags = RequestOf<typeof settingOptions> & {
  /** Whether every image is copied to the other `ci` registries; only commands that push have the option. */
  readonly pushAll?: boolean;
};
