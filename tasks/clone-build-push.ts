import { step, task } from '../src/tekton/index.js';
import { builderSidecar, withBuilder } from './steps/builder.js';
import { cloneParams, cloneResults, cloneStep, cloneWorkspaces } from './steps/clone.js';
import { metadata } from './steps/metadata.js';
import { pushParams, pushResults, pushSteps, skaffoldParams, skaffoldWorkspaces } from './steps/skaffold.js';

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
  results: { ...cloneResults, ...pushResults },
  workspaces: { ...skaffoldWorkspaces, ...cloneWorkspaces },
  sidecars: ({ params }) => [builderSidecar(params.builder)],
  steps: ({ params, workspaces }) => {
    // Its results are out of reach of the code that the next step runs, those of the Task are not.
    const cloned = step('clone', cloneResults, (own) => cloneStep({ params, workspaces, results: own.results }));
    const { steps, results } = pushSteps('build-push', { params, workspaces }, cloned.results);
    return { steps: [cloned, ...steps], results: { ...cloned.results, ...results } };
  },
});
