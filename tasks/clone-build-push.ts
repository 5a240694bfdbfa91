import { task } from '../src/tekton/index.js';
import { imageResults } from './steps/build.js';
import { builderSidecar, withBuilder } from './steps/builder.js';
import { chainsGitResults, cloneParams, cloneResults, cloneStep, cloneWorkspaces } from './steps/clone.js';
import { metadata } from './steps/metadata.js';
import { pushParams, pushStep, skaffoldParams, skaffoldWorkspaces } from './steps/skaffold.js';

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
  steps: ({ params, results, workspaces }) => [
    cloneStep({
      params,
      workspaces,
      results: { commit: results.commit, url: results.url, 'committer-date': results['committer-date'] },
    }),
    pushStep('build-push', { params, results, workspaces }),
  ],
});
