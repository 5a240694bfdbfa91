import { task } from '../src/tekton/index.js';
import { builderSidecar, withBuilder } from './steps/builder.js';
import { metadata } from './steps/metadata.js';
import { pushClonedSteps, pushParams, pushResults, skaffoldParams, skaffoldWorkspaces } from './steps/skaffold.js';

/** Builds and pushes what skaffold.yaml describes. */
export const buildPush = task('build-push', {
  ...metadata({
    displayName: 'Build and push',
    description:
      'Builds every image of skaffold.yaml without a Docker daemon, pushes them, and writes build_result.json. Does not rebuild images that the registry already has for this commit.',
    categories: ['Image Build'],
    tags: ['skaffold', 'image-build', 'buildkit', 'buildpacks'],
  }),
  ...withBuilder,
  params: { ...skaffoldParams, ...pushParams },
  results: pushResults,
  workspaces: skaffoldWorkspaces,
  sidecars: ({ params }) => [builderSidecar(params.builder)],
  steps: (scope) => pushClonedSteps('build-push', scope),
});
