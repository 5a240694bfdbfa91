import { task } from '../src/tekton/index.js';
import { withApiToken } from './steps/environment.js';
import { metadata } from './steps/metadata.js';
import { workParams, workStep } from './steps/release.js';

/** Goes on with all releases of a repository. */
export const releaseWork = task('release-work', {
  ...metadata({
    displayName: 'Go on with releases',
    description:
      'Writes which items of releases have ended, and starts what is ready, each item as a TaskRun of its own. What waits for something is said, and not waited for.',
    categories: ['Deployment', 'Integration & Delivery'],
    tags: ['release', 'environments', 'delivery'],
  }),
  ...withApiToken,
  params: workParams,
  steps: (scope) => [workStep(scope)],
});
