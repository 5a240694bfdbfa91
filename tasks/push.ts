import { flag, param, task } from '../src/tekton/index.js';
import { imageResults } from './steps/build.js';
import { builderSidecar, withBuilder } from './steps/builder.js';
import { chainsGitResults } from './steps/clone.js';
import { metadata } from './steps/metadata.js';
import { pushParams, pushStep, skaffoldParams, skaffoldWorkspaces } from './steps/skaffold.js';

/** Builds, pushes to the destination that `.registry` names, and copies to the others. */
export const push = task('push', {
  ...metadata({
    displayName: 'Push',
    description:
      'Builds every image of skaffold.yaml, pushes to the registry that .registry names for the destination, and copies to the others if asked.',
    categories: ['Image Build'],
    tags: ['skaffold', 'image-build', 'registry'],
  }),
  ...withBuilder,
  params: {
    ...skaffoldParams,
    ...pushParams,
    destination: param.oneOf(['local', 'ci', 'all', 'auto'], {
      default: 'ci',
      description: 'Which entries of .registry to push to, when repository is empty',
    }),
    'push-all': param.oneOf(['true', 'false'], {
      default: 'false',
      description: 'Whether to copy every image to every other ci registry of .registry, and compare digests',
    }),
  },
  results: { ...imageResults, ...chainsGitResults },
  workspaces: skaffoldWorkspaces,
  sidecars: ({ params }) => [builderSidecar(params.builder)],
  steps: (scope) => [
    pushStep('push', scope, [
      flag('destination', scope.params.destination),
      flag('push-all', scope.params['push-all']),
    ]),
  ],
});
