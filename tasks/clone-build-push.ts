import { step, task } from '../src/tekton/index.js';
import { imageResults } from './steps/build.js';
import { builderSidecar, withBuilder } from './steps/builder.js';
import { chainsGitResults, cloneParams, cloneResults, cloneStep, cloneWorkspaces } from './steps/clone.js';
import { metadata } from './steps/metadata.js';
import { pushParams, pushSteps, skaffoldParams, skaffoldWorkspaces } from './steps/skaffold.js';

/** git-clone and build-push in one pod: two steps that need no isolation from each other except for their credentials. */
export const cloneBuildPush = task('clone-build-push', {
  ...metadata({
    displayName: 'Clone, build and push',
    description:
      'Clones a repository, builds every image of its skaffold.yaml and pushes the images, in one pod. Only the clone step sees the Git credentials, only the build step those of the registry.',
    categories: ['Git', 'Image Build'],
    tags: ['git', 'skaffold', 'image-build'],
  }),
  ...withBuilder,
  params: { ...cloneParams, ...skaffoldParams, ...pushParams },
  results: { ...cloneResults, ...imageResults, ...chainsGitResults },
  workspaces: { ...skaffoldWorkspaces, ...cloneWorkspaces },
  sidecars: ({ params }) => [builderSidecar(params.builder)],
  steps: ({ params, results, workspaces }) => {
    // Its results are out of reach of the code that the next step runs, those of the Task are not.
    const cloned = step('clone', cloneResults, (own) => cloneStep({ params, workspaces, results: own.results }));
    return {
      steps: [cloned, ...pushSteps('build-push', { params, results, workspaces }, cloned.results)],
      results: cloned.results,
    };
  },
});
