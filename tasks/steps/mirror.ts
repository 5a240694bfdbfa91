import { diskOptions } from '../../src/op/mirroring/disk/options.js';
import { historyOptions, turnOptions } from '../../src/op/mirroring/history/options.js';
import { checkOptions, deepOptions, dryRunOptions, mirrorOptions } from '../../src/op/mirroring/options.js';
import {
  type CommandStep,
  type RefsOf,
  type ResultPaths,
  result,
  type StringRef,
  type TaskWorkspace,
  text,
  workspace,
} from '../../src/tekton/index.js';
import { dockerconfig } from './build.js';
import { image } from './image.js';
import { optionFlags, optionParams } from './option-params.js';
import { apiToken } from './restricted.js';

const place = optionParams(
  { ...mirrorOptions, ...historyOptions },
  {
    file: {
      option: 'file',
      default: '/mirror/mirror.yaml',
      description: 'Path of the mirror file in the pod. In /mirror are the files of the workspace config',
    },
    store: {
      option: 'store',
      description: 'Where the history of the mirror and its lock are (default: the cluster), such as git:URL#BRANCH',
    },
  },
);

const registries = optionParams(mirrorOptions, { 'insecure-registries': 'insecureRegistry' });

const turn = optionParams(turnOptions, {
  'lock-holder': {
    option: 'holder',
    description: 'Who holds the lock of the mirror, such as pipelinerun/NAMESPACE/NAME/UID (default: the TaskRun)',
  },
  wait: {
    option: 'wait',
    description: 'How long to wait while another run of this mirror works; with 0s this run is refused then',
  },
});

const extent = optionParams({ ...deepOptions, ...dryRunOptions }, { deep: 'deep', 'dry-run': 'dryRun' });

const disk = optionParams(diskOptions, {
  workflow: {
    option: 'workflow',
    default: 'to-disk',
    words: ['to-disk', 'from-disk', 'workflow-to-disk', 'workflow-from-disk'],
    description: 'Whether a segment is written to the disk, or those of the disk are applied',
  },
  'incremental-mode': {
    option: 'incrementalMode',
    description: 'to-disk: write only what is new since the baseline; with false everything',
  },
  'since-date': 'since',
  baseline: 'baseline',
  'part-size': 'partSize',
  chain: 'chain',
});

/** The params of every Task that works with the plan of a mirror. */
export const planParams = { ...place.params, ...turn.params };

/** The params of a Task that mirrors. */
export const mirrorParams = { ...planParams, ...registries.params, ...extent.params };

/** The params of a Task that mirrors by way of a disk. */
export const diskParams = { ...mirrorParams, ...disk.params };

/** The workspaces of every Task that works with the plan of a mirror. */
export const planWorkspaces = {
  config: workspace.config({
    optional: true,
    mountPath: '/mirror',
    description: 'ConfigMap with mirror.yaml',
  }),
  data: workspace({
    description:
      'Plan, results and report, in the directory mirror. A volume that stays saves requests at the next run',
  }),
};

/** The workspaces of a Task that mirrors. */
export const mirrorWorkspaces = {
  ...planWorkspaces,
  dockerconfig,
  certificates: workspace.config({
    optional: true,
    mountPath: '/certificates',
    description: 'Certificates that registries in mirror.yaml name as ca: /certificates/NAME',
  }),
};

/** The workspaces of a Task that mirrors by way of a disk. One volume: Tekton binds no second claim in a run. */
export const diskWorkspaces = {
  ...mirrorWorkspaces,
  data: workspace({
    description:
      'The directory segments, which is what is carried, and beside it plan, results and report in the directory mirror, which stay',
  }),
};

/** What a report gives. */
export const reportResults = {
  COPIED: result.string({ description: 'How many images were copied' }),
  UNCHANGED: result.string({ description: 'How many images were at the destination already' }),
  FAILING: result.string({ description: 'How many images are not as they should be' }),
  BYTES: result.string({ description: 'How many bytes were uploaded' }),
  SUMMARY: result.string({ description: 'What happened, in a line' }),
};

interface PlanScope {
  readonly params: RefsOf<typeof planParams, 'task'>;
  readonly workspaces: { readonly [N in keyof typeof planWorkspaces]: TaskWorkspace };
  readonly context: {
    readonly taskRun: { readonly [N in 'namespace' | 'name' | 'uid']: StringRef<'task'> };
  };
}

interface MirrorScope extends PlanScope {
  readonly params: RefsOf<typeof mirrorParams, 'task'>;
  readonly workspaces: { readonly [N in keyof typeof mirrorWorkspaces]: TaskWorkspace };
}

/** All steps have one holder, or each would wait for the one before; a holder that is given is the last of the two, which counts. */
const planFlags = ({ params, workspaces, context: { taskRun } }: PlanScope, keepLock: boolean) => [
  ...place.flags(params, {
    directory: text`${workspaces.data.path}/mirror`,
    namespace: taskRun.namespace,
  }),
  text`--holder=taskrun/${taskRun.namespace}/${taskRun.name}/${taskRun.uid}`,
  ...turn.flags(params, { keepLock: `${keepLock}` }),
];

/** Such a step only waits, but for one that copies many images at a time. */
const computeResources = { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } } as const;

/** The steps of a Task that mirrors. Those after a copy always run, so that images that fail do not hide the others. */
export function mirrorSteps(
  scope: MirrorScope & { readonly results: ResultPaths<typeof reportResults> },
): readonly [CommandStep, ...CommandStep[]] {
  const { params, workspaces } = scope;
  const step = (name: 'resolve' | 'copy' | 'verify'): CommandStep => ({
    name,
    image,
    command: ['op'],
    args: [
      'mirror',
      name,
      ...planFlags(scope, true),
      ...registries.flags(params, { dockerconfig: workspaces.dockerconfig.path }),
      ...(name === 'copy' ? [] : optionParams(deepOptions, { deep: 'deep' }).flags(params)),
      ...(name === 'resolve' ? [] : optionParams(dryRunOptions, { 'dry-run': 'dryRun' }).flags(params)),
    ],
    workspaces: [workspaces.config, workspaces.data, workspaces.dockerconfig, workspaces.certificates],
    volumeMounts: [apiToken.mount],
    computeResources,
    ...(name === 'resolve' ? {} : { onError: 'continue' }),
  });
  return [step('resolve'), step('copy'), step('verify'), reportStep(scope, true)];
}

interface DiskScope extends MirrorScope {
  readonly params: RefsOf<typeof diskParams, 'task'>;
}

/** The step of a Task that mirrors by way of a disk: plan, copy and proof in one process, as a disk has more than a plan says. */
export function diskStep(scope: DiskScope & { readonly results: ResultPaths<typeof reportResults> }): CommandStep {
  const { params, workspaces, results } = scope;
  return {
    name: 'run',
    image,
    command: ['op'],
    args: [
      'mirror',
      'run',
      ...planFlags(scope, false),
      ...registries.flags(params, { dockerconfig: workspaces.dockerconfig.path }),
      ...extent.flags(params),
      ...disk.flags(params, { disk: workspaces.data.path }),
      ...Object.entries(results).map(([name, { path }]) => text`--result=${name}=${path}`),
    ],
    workspaces: [workspaces.config, workspaces.data, workspaces.dockerconfig, workspaces.certificates],
    volumeMounts: [apiToken.mount],
    computeResources,
  };
}

/**
 * The step that writes and prints the report.
 * @param check whether it fails when an image is not as it should be
 */
export function reportStep(
  scope: PlanScope & { readonly results: Partial<ResultPaths<typeof reportResults>> },
  check: boolean,
): CommandStep {
  const { workspaces, results } = scope;
  return {
    name: 'report',
    image,
    command: ['op'],
    args: [
      'mirror',
      'report',
      ...planFlags(scope, false),
      ...optionFlags(checkOptions, { check: `${check}` }),
      ...Object.entries(results).map(([name, { path }]) => text`--result=${name}=${path}`),
    ],
    workspaces: [workspaces.config, workspaces.data],
    volumeMounts: [apiToken.mount],
    computeResources,
  };
}
