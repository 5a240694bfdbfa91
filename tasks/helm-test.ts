import { task } from '../src/tekton/index.js';
import { environmentParams, environmentWorkspaces, withApiToken } from './steps/environment.js';
import { helmTestParams, helmTestStep } from './steps/helm-test.js';
import { metadata } from './steps/metadata.js';

/** The gate of an environment: the tests of its Helm release. */
export const helmTest = task('helm-test', {
  ...metadata({
    displayName: 'Helm test',
    description:
      'Runs the tests of the Helm release of a component, prints the logs of their pods, and fails when a test fails or none exists. Requires the Role octopipeline-helm-test in the namespace of the environment.',
    categories: ['Testing', 'Deployment'],
    tags: ['helm', 'test', 'delivery'],
  }),
  ...withApiToken,
  params: { ...environmentParams, ...helmTestParams },
  workspaces: environmentWorkspaces,
  steps: (scope) => [helmTestStep(scope)],
});
