import { imagesOptions } from '../../images/publish/options.js';
import { option, type RequestOf } from '../../kit/options/option.js';
import { accessOptions } from '../../systems/git/access-options.js';
import { environmentOptions } from '../environments/options.js';
import { leaseOptions } from '../lease/options.js';

/** The options of `op set-image`. */
export const setImageOptions = {
  environment: option.text('environment to deploy to, by its name in environments.yaml', {
    value: '<name>',
    required: {
      why: 'it determines which images to use, and which manifests to edit',
      hint: 'give --environment=dev, or another name of environments.yaml',
    },
  }),
  buildResult: imagesOptions.buildResult,
  listDigest: imagesOptions.listDigest,
  imageName: imagesOptions.imageName,
  repository: option.text('Git repository of the manifests', { value: '<url>', otherwise: 'that of the environment' }),
  branch: option.text('branch to push to', { value: '<name>', otherwise: 'that of the environment, or main' }),
  whenConfigured: option.flag('do nothing when environments.yaml has no manifests for the environment'),
  set: option.repeatable(
    'value to set; PART is reference, repository, tag, digest or tag@digest; --set and --kustomization replace those of the environment',
    { value: '<file:path=image:part>' },
  ),
  kustomization: option.repeatable('kustomization.yaml whose images to set', { value: '<file>' }),
  message: option.text('commit message', { value: '<text>', otherwise: 'component, environment and images' }),
  authorName: option.text('author of the commit', { value: '<name>', otherwise: 'octopipeline' }),
  authorEmail: option.text('email address of the author, which some servers check', {
    value: '<address>',
    otherwise: 'octopipeline@localhost',
  }),
  patch: option.flag('print a patch for git apply, and push nothing'),
  ...accessOptions,
  ...environmentOptions,
  ...leaseOptions,
  timeout: option.duration('time limit for the update, not counting the wait for the Lease', { default: '5m' }),
};

export type SetImageFlags = RequestOf<typeof setImageOptions>;
