import { imagesOptions } from '../../images/publish/options.js';
import { option, type RequestOf } from '../../kit/options/option.js';
import { registryOptions } from '../../systems/registry/options.js';
import { environmentOptions } from '../environments/options.js';
import { leaseOptions } from '../lease/options.js';

/** The options of `op promote-image`. */
export const promoteOptions = {
  source: option.text('environment to promote from; empty when the images were built for the first environment', {
    value: '<environment>',
  }),
  destination: option.text('environment to promote to; required', { value: '<environment>' }),
  until: option.text('last environment of this delivery; nothing is promoted beyond it', { value: '<environment>' }),
  sourceRepository: option.text('registry and path of the source', {
    value: '<registry>',
    variable: 'PROMOTE_SOURCE_REPOSITORY',
  }),
  destinationRepository: option.text('registry and path of the destination', {
    value: '<registry>',
    variable: 'PROMOTE_DESTINATION_REPOSITORY',
  }),
  allowSkip: option.flag('allow skipping environments, and any other order'),
  overwrite: option.flag(
    'move a tag that names a different image, or another signature, attestation or SBOM, at the destination',
  ),
  dryRun: option.flag('show what would be copied, and copy nothing'),
  referrers: option.flag('copy signatures, attestations and SBOMs too', { default: true }),
  requireSignature: option.duration(
    'time to wait until each image has a signature at the source, as Tekton Chains adds one after a build; then nothing is promoted without; 0s requires none',
    { default: '0s' },
  ),
  jobs: option.count('number of images whose content is copied in parallel', { default: 6 }),
  timeout: option.duration('time limit for the promotion', { default: '20m' }),
  promotionResult: option.text('record of the promotion to write', {
    value: '<file>',
    otherwise: 'promotion_result.json',
  }),
  destinationBuildResult: option.text('list of the images at the destination to write', {
    value: '<file>',
    otherwise: 'build_result.DESTINATION.json next to the build result',
  }),
  ...registryOptions,
  ...imagesOptions,
  ...environmentOptions,
  ...leaseOptions,
};

/** What `op promote-image` is asked for. */
export type PromoteRequest = RequestOf<typeof promoteOptions> & {
  /** Milliseconds to wait before the second attempt, the third, and so on; tests shorten them. */
  readonly pauses?: readonly number[];
};
