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
import { dryRunParam, promoteStep, promotionParams, promotionResults } from './steps/promote.js';

/** Copies images by digest from one environment's repository to another's. */
export const promoteImage = task('promote-image', {
  ...metadata({
    displayName: 'Promote images',
    description:
      'Copies images by digest from the repository of one environment to that of the next, with their tags, signatures, attestations and SBOMs, and reads back what is there. A tag that holds another image is not moved.',
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
    'dry-run': dryRunParam,
  },
  results: promotionResults,
  workspaces: { ...imagesWorkspaces, ...environmentWorkspaces },
  steps: (scope) => [promoteStep(scope)],
});
