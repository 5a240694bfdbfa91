import { imagesOptions } from '../../images/publish/options.js';
import { option, type RequestOf } from '../../kit/options/option.js';
import { registryOptions } from '../../systems/registry/options.js';
import { componentKinds } from '../environments/environment.js';
import { environmentOptions } from '../environments/options.js';
import { leaseOptions } from '../lease/options.js';

/** The options of `op watch-deployment`. */
export const watchOptions = {
  environment: option.text('environment to watch, by its name in environments.yaml', {
    value: '<name>',
    required: {
      why: 'it determines the registry of the images, and the cluster and namespace that must run them',
      hint: 'give the name of an environment, such as --environment=dev',
    },
  }),
  kind: option.choice('kind of the component', ['auto', ...componentKinds], { value: '<kind>', default: 'auto' }),
  repository: option.text('registry and path of the images', {
    value: '<repository>',
    otherwise: 'that of the environment',
  }),
  allowTag: option.flag('allow a workload to name its image by tag only; the digest of its pods is still checked'),
  allowUnused: option.flag('only warn about an image that no workload uses, or whose workloads run no pods'),
  reconcile: option.flag('ask Flux to reconcile now', { default: true }),
  deploymentResult: option.text('JSON file to write the proof to', { value: '<file>' }),
  ...registryOptions,
  ...imagesOptions,
  ...environmentOptions,
  ...leaseOptions,
  timeout: option.duration('time limit for the rollout, not counting the wait for the Lease', { default: '30m' }),
};

export type WatchFlags = RequestOf<typeof watchOptions>;
