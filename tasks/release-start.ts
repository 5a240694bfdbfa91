import { task } from '../src/tekton/index.js';
import { withApiToken } from './steps/environment.js';
import { metadata } from './steps/metadata.js';
import { startParams, startResults, startStep } from './steps/release.js';

/** Makes a release of a commit, and starts what is ready of it. */
export const releaseStart = task('release-start', {
  ...metadata({
    displayName: 'Start a release',
    description:
      'Makes a release of a commit, or goes on with the one that there is, and starts what is ready, each item as a TaskRun of its own. Runs no code of the repository itself.',
    categories: ['Deployment', 'Integration & Delivery'],
    tags: ['release', 'environments', 'delivery'],
  }),
  ...withApiToken,
  params: startParams,
  results: startResults,
  steps: (scope) => [startStep(scope)],
});
