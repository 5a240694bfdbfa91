import { helmTestOptions } from '../../src/op/delivery/helm-test/options.js';
import type { CommandStep, RefsOf } from '../../src/tekton/index.js';
import { type EnvironmentScope, environmentFlags, waits } from './environment.js';
import { image } from './image.js';
import { optionParams } from './option-params.js';
import { apiToken } from './restricted.js';

const helmTest = optionParams(helmTestOptions, {
  release: 'release',
  'allow-no-tests': 'allowNoTests',
  'test-timeout': { option: 'timeout', default: '10m' },
});

/** More params of every Task that runs helm tests. */
export const helmTestParams = helmTest.params;

interface HelmTestScope extends EnvironmentScope {
  readonly params: EnvironmentScope['params'] & RefsOf<typeof helmTestParams, 'task'>;
}

/** The gate: the delivery continues only when the tests of the Helm release pass. */
export function helmTestStep(scope: HelmTestScope, keep = false): CommandStep {
  const { params, workspaces } = scope;
  return {
    name: 'helm-test',
    image,
    command: ['op'],
    args: [
      'helm-test',
      ...helmTest.flags(params, { environment: params.environment }),
      ...environmentFlags(scope, keep),
    ],
    workspaces: [workspaces.environments, workspaces.kubeconfigs],
    volumeMounts: [apiToken.mount],
    computeResources: waits,
  };
}
