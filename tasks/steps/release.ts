import { startOptions, workerOptions } from '../../src/op/releases/cluster/options.js';
import {
  type CommandStep,
  type RefsOf,
  type ResultPaths,
  result,
  type StringRef,
  text,
} from '../../src/tekton/index.js';
import { image } from './image.js';
import { optionParams } from './option-params.js';
import { apiToken } from './restricted.js';

const worker = optionParams(workerOptions, {
  url: 'url',
  repository: 'repository',
  store: 'store',
  'intent-store': 'intentStore',
  wait: 'wait',
  'item-timeout': 'itemTimeout',
  'item-service-account': 'itemServiceAccount',
  'service-accounts': 'serviceAccounts',
  secrets: 'secrets',
  'ssl-verify': 'sslVerify',
  'basic-auth-secret': 'basicAuthSecret',
  'ssh-secret': 'sshSecret',
  'ssl-ca-configmap': 'sslCaConfigmap',
});
const start = optionParams(startOptions, {
  file: 'file',
  revision: 'revision',
  'environments-file': 'environmentsFile',
  force: 'force',
});

/** The params of Tasks that start what is ready. */
export const workParams = worker.params;

/** The params of the Task that makes releases. */
export const startParams = { ...start.params, ...workParams };

export const startResults = {
  RELEASE: result.string({ description: 'The release, such as r3; empty for a file that only makes environments' }),
};

interface WorkScope {
  readonly params: RefsOf<typeof workParams, 'task'>;
  readonly context: {
    readonly taskRun: { readonly [N in 'namespace' | 'name' | 'uid']: StringRef<'task'> };
  };
}

interface StartScope extends WorkScope {
  readonly params: RefsOf<typeof startParams, 'task'>;
  readonly results: ResultPaths<typeof startResults>;
}

/** It starts pods, and has the right to the stores: no code of a repository runs in its own. */
const workerStep = {
  image,
  command: ['op'],
  volumeMounts: [apiToken.mount],
  computeResources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
} as const;

const workFlags = ({ params, context: { taskRun } }: WorkScope) =>
  worker.flags(params, {
    namespace: taskRun.namespace,
    holder: text`taskrun/${taskRun.namespace}/${taskRun.name}/${taskRun.uid}`,
  });

/** The step that makes a release of a commit, and starts what is ready. */
export const startStep = (scope: StartScope): CommandStep => ({
  name: 'release',
  ...workerStep,
  args: [
    'release-worker',
    'start',
    ...start.flags(scope.params),
    ...workFlags(scope),
    text`--result=RELEASE=${scope.results.RELEASE.path}`,
  ],
});

/** The step that writes what has ended, and starts what is ready. */
export const workStep = (scope: WorkScope): CommandStep => ({
  name: 'work',
  ...workerStep,
  args: ['release-worker', 'work', ...workFlags(scope)],
});
