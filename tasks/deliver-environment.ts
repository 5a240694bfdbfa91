import { result, step, task, text } from '../src/tekton/index.js';
import { cloneWorkspaces } from './steps/clone.js';
import {
  environmentParams,
  environmentWorkspaces,
  imageInfoParams,
  imagesFlags,
  imagesParams,
  imagesWorkspaces,
  registryParams,
  withApiToken,
} from './steps/environment.js';
import { helmTestParams, helmTestStep } from './steps/helm-test.js';
import { metadata } from './steps/metadata.js';
import { promoteStep, promotionParams } from './steps/promote.js';
import { manifestsParams, manifestsResults, setImageStep } from './steps/set-image.js';
import { watchParams, watchResults, watchStep } from './steps/watch.js';

const listResults = {
  LIST_DIGEST: result.string({ description: 'Digest of the list of the images that the environment runs' }),
};

/**
 * Everything that brings images to one environment, in one pod: the steps need no isolation from each other except for their
 * credentials, and each continues with the Lease of the one before.
 */
export const deliverEnvironment = task('deliver-environment', {
  ...metadata({
    displayName: 'Deliver to an environment',
    description:
      'Promotes images to an environment, writes them into its manifests, waits until its cluster runs exactly these images, and runs its helm tests; in one pod, holding one Lease.',
    categories: ['Deployment', 'Integration & Delivery'],
    tags: ['promotion', 'gitops', 'flux', 'helm', 'delivery'],
  }),
  ...withApiToken,
  params: {
    ...environmentParams,
    ...imagesParams,
    ...imageInfoParams,
    ...registryParams,
    ...promotionParams,
    ...manifestsParams,
    ...watchParams,
    ...helmTestParams,
  },
  // The image list only once: the kubelet leaves each of these steps about 2 kB for all results.
  results: { ...manifestsResults, ...watchResults, ...listResults },
  workspaces: { ...imagesWorkspaces, ...environmentWorkspaces, ...cloneWorkspaces },
  steps: ({ params, results, workspaces, context }) => {
    const { COMMIT, DEPLOYED } = results;
    // As a result of the step: the steps after it and the next environment get the list that this one wrote, whatever the file has become.
    const promote = step('promote', listResults, ({ results: written }) => {
      const { name: _, ...body } = promoteStep({ params, results: written, workspaces, context }, true);
      return body;
    });
    const promoted = {
      path: text`${workspaces.source.path}/build_result.${params.environment}.json`,
      digest: promote.results.LIST_DIGEST,
    };
    return {
      steps: [
        promote,
        setImageStep({ params, results: { COMMIT }, workspaces }, promoted, true),
        watchStep({ params, results: { DEPLOYED }, workspaces }, imagesFlags({ params, workspaces }, promoted), true),
        helmTestStep({ params, workspaces }),
      ],
      results: { LIST_DIGEST: promote.results.LIST_DIGEST },
    };
  },
});
