import { task } from '../src/tekton/index.js';
import { withApiToken } from './steps/environment.js';
import { metadata } from './steps/metadata.js';
import { planParams, planWorkspaces, reportStep } from './steps/mirror.js';

/** Reports what a mirror has done as far as it came: for the finally of a Pipeline. */
export const mirrorReport = task('mirror-report', {
  ...metadata({
    displayName: 'Report of a mirror',
    description:
      'Writes and prints the report of the plan in the workspace, also when the pod that mirrored was stopped, and frees the lock of the mirror.',
    categories: ['Image Build'],
    tags: ['mirror', 'registry', 'report'],
  }),
  ...withApiToken,
  params: planParams,
  workspaces: planWorkspaces,
  steps: (scope) => [reportStep({ ...scope, results: {} }, false)],
});
