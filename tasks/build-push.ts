import { task } from '../src/tekton/index.js';
import { buildParams, dockerconfig, imageResults, pushParams, pushStep } from './steps/build.js';
import { chainsGitResults, sourceWorkspace } from './steps/clone.js';
import { metadata } from './steps/metadata.js';
import { restricted } from './steps/restricted.js';

/** Builds and pushes what skaffold.yaml describes. */
export const buildPush = task('build-push', {
  ...metadata({
    displayName: 'Build and push',
    description:
      'Builds every image of skaffold.yaml without a Docker daemon, pushes them, and writes build_result.json. Images that the registry already has for this commit are not built again.',
    categories: ['Image Build'],
    tags: ['skaffold', 'image-build'],
  }),
  ...restricted,
  params: { ...buildParams, ...pushParams },
  results: { ...imageResults, ...chainsGitResults },
  workspaces: { source: sourceWorkspace, dockerconfig },
  steps: (scope) => [pushStep('build-push', scope)],
});
