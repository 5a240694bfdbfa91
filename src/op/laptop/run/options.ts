import { buildOptions } from '../../images/plan/options.js';
import { option, type RequestOf } from '../../kit/options/option.js';

const { directory, skaffoldFile, profile, defaultRepo, registryFile } = buildOptions;

/** The options that say what there is to run. */
const projectOptions = {
  directory,
  skaffoldFile,
  profile,
  defaultRepo: { ...defaultRepo, sentence: 'registry and path of the image', otherwise: 'build_result.json' },
  registryFile,
};

export type RunRequest = RequestOf<typeof projectOptions>;

/** The options of `op run`. */
export const runOptions = {
  ...projectOptions,
  tag: option.text('tag of the image', { value: '<tag>', otherwise: 'that of build_result.json' }),
  buildResult: option.text('image list that op push wrote', {
    value: '<file>',
    otherwise: 'build_result.json, if it exists',
  }),
  engine: option.choice('container engine', ['auto', 'docker', 'podman'], { value: '<engine>', default: 'auto' }),
  port: option.repeatable('port to publish', { value: '<host:container>', otherwise: 'those of .run.yaml' }),
  env: option.repeatable('environment variable of the container; NAME alone uses its value on this machine', {
    value: '<name=value>',
  }),
};

/** What is asked of the container. */
export type ContainerRequest = RequestOf<typeof runOptions> & {
  /** Whether op has a terminal. */
  readonly tty: boolean;
};
