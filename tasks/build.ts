import { task } from '../src/tekton/index.js';
import { builderSidecar, withBuilder } from './steps/builder.js';
import { metadata } from './steps/metadata.js';
import { buildStep, skaffoldParams, skaffoldWorkspaces } from './steps/skaffold.js';

/** Builds what skaffold.yaml describes without pushing it. */
export const build = task('build', {
  ...metadata({
    displayName: 'Build',
    description: 'Builds every image of skaffold.yaml without pushing it, to check that the repository builds.',
    categories: ['Image Build'],
    tags: ['skaffold', 'image-build'],
  }),
  ...withBuilder,
  params: skaffoldParams,
  workspaces: skaffoldWorkspaces,
  sidecars: ({ params }) => [builderSidecar(params.builder)],
  steps: (scope) => [buildStep(scope)],
});
