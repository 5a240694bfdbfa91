import { task } from '../src/tekton/index.js';
import { buildParams, buildStep, dockerconfig } from './steps/build.js';
import { sourceWorkspace } from './steps/clone.js';
import { metadata } from './steps/metadata.js';
import { restricted } from './steps/restricted.js';

/** Builds what skaffold.yaml describes, and pushes nothing. */
export const build = task('build', {
  ...metadata({
    displayName: 'Build',
    description: 'Builds every image of skaffold.yaml and pushes none: does this repository build?',
    categories: ['Image Build'],
    tags: ['skaffold', 'image-build'],
  }),
  ...restricted,
  params: buildParams,
  workspaces: { source: sourceWorkspace, dockerconfig },
  steps: (scope) => [buildStep(scope)],
});
