import { task } from '../src/tekton/index.js';
import {
  environmentParams,
  environmentWorkspaces,
  imageInfoParams,
  imagesParams,
  imagesWorkspaces,
  registryParams,
  withApiToken,
} from './steps/environment.js';
import { metadata } from './steps/metadata.js';
import { dryRunParams, promoteStep, promotionParams, promotionResults } from './steps/promote.js';

/** Copies images by digest from one environment's repository to another's. */
export const promoteImage = task('promote-image', {
  ...metadata({
    displayName: 'Promote images',
    description:
      'Copies images by digest from the repository of one environment to that of the next, with their tags, signatures, attestations and SBOMs, and verifies the copies. Does not move a tag that names a different image.',
    categories: ['Image Build', 'Deployment'],
    tags: ['promotion', 'registry', 'delivery'],
  }),
  ...withApiToken,
  params: {
    ...environmentParams,
    ...imagesParams,
    ...imageInfoParams,
    ...registryParams,
    ...promotionParams,
    ...dryRunParams,
  },
  results: promotionResults,
  workspaces: { ...imagesWorkspaces, ...environmentWorkspaces },
  steps: (scope) => [promoteStep(scope)],
});
