import { task } from '../src/tekton/index.js';
import {
  buildResultFlag,
  environmentParams,
  environmentWorkspaces,
  imageInfoFlags,
  imageInfoParams,
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
      'Asks Flux to look at once, and waits until every workload of the component names the images of the list by digest, has finished its rollout, and its running pods report that digest. Ends early with a diagnosis when that cannot happen any more.',
    categories: ['Deployment', 'Kubernetes'],
    tags: ['flux', 'rollout', 'delivery'],
  }),
  ...withApiToken,
  params: { ...environmentParams, ...imagesParams, ...imageInfoParams, ...registryParams, ...watchParams },
  results: watchResults,
  workspaces: { ...imagesWorkspaces, ...environmentWorkspaces },
  steps: (scope) => [
    watchStep(scope, [buildResultFlag(scope.params, scope.workspaces.source), ...imageInfoFlags(scope)]),
  ],
});
