import { cloneOptions } from '../../src/op/images/git-clone/options.js';
import { deployOptions } from '../../src/op/mirroring/deploy/options.js';
import {
  type CommandStep,
  param,
  type RefsOf,
  type ResultPaths,
  result,
  type StringRef,
  type TaskWorkspace,
  text,
} from '../../src/tekton/index.js';
import type { cloneWorkspaces } from './clone.js';
import { waits } from './environment.js';
import { image } from './image.js';
import { optionFlags, optionParams } from './option-params.js';
import { apiToken } from './restricted.js';

const deploy = optionParams(deployOptions, {
  'image-configmap': 'imageConfigmap',
  'imageset-configmap': 'imagesetConfigmap',
  'values-configmap': 'valuesConfigmap',
  'deploy-mode': 'deployMode',
  schedule: 'schedule',
  'time-zone': 'timeZone',
  workflow: 'workflow',
  'incremental-mode': 'incrementalMode',
  'since-date': 'sinceDate',
  'openshift-version': 'openshiftVersion',
  'operators-only': 'operatorsOnly',
  'openshift-only': 'openshiftOnly',
  strict: 'strict',
  'target-registry': 'targetRegistry',
  namespace: 'namespace',
  environment: 'environment',
  'dry-run': 'dryRun',
  'content-claim': 'contentClaim',
  'cache-claim': 'cacheClaim',
  'pull-secret': 'pullSecret',
  'workload-service-account': 'serviceAccount',
  'run-as-user': 'runAsUser',
  'job-timeout': 'jobTimeout',
  'wait-timeout': 'timeout',
});

const values = {
  'values-git-url': param.string({
    default: 'https://github.com/auto-shift/autoshiftv2.git',
    description: "Repository with AutoShift's values; not cloned when imageset-configmap or values-configmap is given",
  }),
  'values-git-revision': param.string({ default: 'main', description: 'Branch, tag or commit of that repository' }),
  'values-file-path': param.string({
    default: 'autoshift/values.hub.yaml',
    description: 'Path of the values file, or of a directory of them, in that repository',
  }),
};

/** The params of a Task that deploys oc-mirror. */
export const mirrorDeployParams = { ...values, ...deploy.params };

/** The results of a Task that deploys oc-mirror. */
export const mirrorDeployResults = {
  WORKLOAD: result.string({ description: 'What was deployed: job/NAME or cronjob/NAME' }),
  METHOD: result.string({ description: 'Where the ImageSetConfiguration comes from: generated, or configmap' }),
  SUMMARY: result.string({ description: 'What the Job has done, in a line; empty for a CronJob' }),
};

/** Where the repository with the values is. */
export const valuesVolume = { name: 'values', emptyDir: { sizeLimit: '1Gi' } } as const;
const valuesMount = { name: 'values', mountPath: '/values' } as const;

interface DeployScope {
  readonly params: RefsOf<typeof mirrorDeployParams, 'task'>;
  readonly results: ResultPaths<typeof mirrorDeployResults>;
  readonly workspaces: { readonly [N in keyof typeof cloneWorkspaces]: TaskWorkspace };
  readonly context: { readonly taskRun: { readonly [N in 'namespace' | 'uid']: StringRef<'task'> } };
}

/** The steps of a Task that deploys oc-mirror: the first sees Git's credentials, the second the token for the cluster. */
export function mirrorDeploySteps({
  params,
  results,
  workspaces,
  context: { taskRun },
}: DeployScope): readonly [CommandStep, ...CommandStep[]] {
  const credentials = [workspaces['ssh-directory'], workspaces['basic-auth'], workspaces['ssl-ca-directory']];
  return [
    {
      name: 'clone',
      image,
      command: ['op'],
      args: [
        'git-clone',
        ...optionFlags(cloneOptions, {
          url: params['values-git-url'],
          revision: params['values-git-revision'],
          destination: valuesMount.mountPath,
          subdirectory: 'source',
          unless: text`${params['imageset-configmap']}${params['values-configmap']}`,
          sshDirectory: workspaces['ssh-directory'].path,
          basicAuth: workspaces['basic-auth'].path,
          sslCaDirectory: workspaces['ssl-ca-directory'].path,
          timeout: '5m',
        }),
      ],
      workspaces: credentials,
      volumeMounts: [valuesMount],
      computeResources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '1Gi' } },
    },
    {
      name: 'deploy',
      image,
      command: ['op'],
      args: [
        'mirror',
        'deploy',
        ...deploy.flags(params, {
          imageNamespace: taskRun.namespace,
          values: params['values-file-path'],
          valuesDirectory: `${valuesMount.mountPath}/source`,
          opImage: image,
          run: taskRun.uid,
        }),
        text`--result=WORKLOAD=${results.WORKLOAD.path}`,
        text`--result=METHOD=${results.METHOD.path}`,
        text`--result=SUMMARY=${results.SUMMARY.path}`,
      ],
      volumeMounts: [valuesMount, apiToken.mount],
      computeResources: waits,
    },
  ];
}
