import { task } from '../src/tekton/index.js';
import { withApiToken } from './steps/environment.js';
import { metadata } from './steps/metadata.js';
import { diskParams, diskStep, diskWorkspaces, reportResults } from './steps/mirror.js';

/** Carries a mirror on a disk: writes a segment of what is new, or applies those that the disk has. */
export const mirrorDisk = task('mirror-disk', {
  ...metadata({
    displayName: 'Mirror images by way of a disk',
    description:
      'Where no machine reaches both sides: writes what is new, as mirror.yaml says, to a disk (to-disk), or checks a disk and copies what it brings into registries (from-disk). Signatures and SBOMs go with the images.',
    categories: ['Image Build'],
    tags: ['mirror', 'registry', 'air-gap', 'disk'],
  }),
  ...withApiToken,
  params: diskParams,
  results: reportResults,
  workspaces: diskWorkspaces,
  steps: (scope) => [diskStep(scope)],
});
