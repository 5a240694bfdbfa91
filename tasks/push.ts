import { pushOptions } from '../src/op/images/push/options.js';
import { task } from '../src/tekton/index.js';
import { builderSidecar, withBuilder } from './steps/builder.js';
import { metadata } from './steps/metadata.js';
import { optionParams } from './steps/option-params.js';
import { pushClonedSteps, pushParams, pushResults, skaffoldParams, skaffoldWorkspaces } from './steps/skaffold.js';

const destination = optionParams(pushOptions, {
  destination: { option: 'destination', default: 'ci' },
  'push-all': 'pushAll',
});

/** Builds, pushes to the destination that `.registry` names, and copies to the others. */
export const push = task('push', {
  ...metadata({
    displayName: 'Push',
    description:
      'Builds every image of skaffold.yaml, pushes the images to the registry that .registry names for the destination, and copies them to the other registries on request.',
    categories: ['Image Build'],
    tags: ['skaffold', 'image-build', 'registry'],
  }),
  ...withBuilder,
  params: {
    ...skaffoldParams,
    ...pushParams,
    ...destination.params,
  },
  results: pushResults,
  workspaces: skaffoldWorkspaces,
  sidecars: ({ params }) => [builderSidecar(params.builder)],
  steps: (scope) => pushClonedSteps('push', scope, destination.flags(scope.params)),
});
