import { task } from '../src/tekton/index.js';
import {
  environmentParams,
  environmentWorkspaces,
  imageInfoFlags,
  imageInfoParams,
  imagesFlags,
  imagesParams,
  imagesWorkspaces,
  registryParams,
  withApiToken,
} from './steps/environment.js';
import { metadata } from './steps/metadata.js';
import { watchParams, watchResults, watchStep } from './steps/watch.js';

/** Waits until an environment runs exactly these images. */
export const watchDeployment = task('watch-deployment', {
  ...metadata({
    displayName: 'Watch deployment',
    description:
      'Asks Flux to reconcile now, and waits until every workload of the component names the images of the list by digest, has finished its rollout, and runs only pods that report that digest. Fails early with a diagnosis when the rollout cannot succeed.',
    categories: ['Deployment', 'Kubernetes'],
    tags: ['flux', 'rollout', 'delivery'],
  }),
  ...withApiToken,
  params: { ...environmentParams, ...imagesParams, ...imageInfoParams, ...registryParams, ...watchParams },
  results: watchResults,
  workspaces: { ...imagesWorkspaces, ...environmentWorkspaces },
  steps: (scope) => [watchStep(scope, [...imagesFlags(scope), ...imageInfoFlags(scope)])],
});
