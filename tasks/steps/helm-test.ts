import { type CommandStep, flag, param, type RefsOf } from '../../src/tekton/index.js';
import { type EnvironmentScope, environmentFlags, waits, yesOrNo } from './environment.js';
import { image } from './image.js';
import { apiToken } from './restricted.js';

/** What a Task takes that runs helm tests, beside environmentParams. */
export const helmTestParams = {
  release: param.string({
    default: '',
    description: 'The Helm release; empty: that of the HelmRelease that the component is',
  }),
  'allow-no-tests': param.oneOf(yesOrNo, {
    default: 'false',
    description: 'Whether a release without tests passes',
  }),
  'test-timeout': param.duration({ default: '10m', description: 'How long the tests may take' }),
};

interface HelmTestScope extends EnvironmentScope {
  readonly params: EnvironmentScope['params'] & RefsOf<typeof helmTestParams, 'task'>;
}

/** The gate: the tests of the Helm release pass, or nothing goes further. */
export function helmTestStep(scope: HelmTestScope, keep = false): CommandStep {
  const { params, workspaces } = scope;
  return {
    name: 'helm-test',
    image,
    command: ['op'],
    args: [
      'helm-test',
      ...environmentFlags(scope, keep),
      flag('release', params.release),
      flag('allow-no-tests', params['allow-no-tests']),
      flag('timeout', params['test-timeout']),
    ],
    workspaces: [workspaces.environments, workspaces.kubeconfigs],
    volumeMounts: [apiToken.mount],
    computeResources: waits,
  };
}
