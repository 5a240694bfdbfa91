import { task } from '../src/tekton/index.js';
import { withApiToken } from './steps/environment.js';
import { metadata } from './steps/metadata.js';
import { mirrorParams, mirrorSteps, mirrorWorkspaces, reportResults } from './steps/mirror.js';

/** Copies images from registry to registry as a mirror file says, proves it, and reports. */
export const mirror = task('mirror', {
  ...metadata({
    displayName: 'Mirror images',
    description:
      'Copies what changed from registries to another one as mirror.yaml says: makes a plan and holds it against its limits, copies, reads the destination back, and reports. Images that fail do not stop the others.',
    categories: ['Image Build'],
    tags: ['mirror', 'registry', 'air-gap'],
  }),
  ...withApiToken,
  params: mirrorParams,
  results: reportResults,
  workspaces: mirrorWorkspaces,
  steps: mirrorSteps,
});
