import type { Report } from '../problem.js';
import { nearest } from './names.js';

const container = [
  'image',
  'imagePullPolicy',
  'workingDir',
  'env',
  'computeResources',
  'volumeMounts',
  'securityContext',
];
const described = ['displayName', 'description', 'labels', 'annotations'];
const stepOnly = [
  'name',
  'displayName',
  'when',
  'onError',
  'timeout',
  'workspaces',
  'command',
  'args',
  'script',
  'results',
];
const node = ['params', 'workspaces', 'when', 'retries', 'timeout', 'onError', 'displayName', 'description', 'embed'];
const run = ['params', 'workspaces', 'labels', 'annotations', 'serviceAccountName', 'podTemplate', 'embed'];

/** The fields of everything that authors write. Any other field is refused, as Tekton's webhook refuses it. */
export const known = {
  task: [...described, 'params', 'results', 'workspaces', 'volumes', 'stepTemplate', 'sidecars', 'steps'],
  pipeline: [...described, 'params', 'workspaces'],
  stepAction: ['kind', 'name', 'owner', 'description', 'labels', 'annotations', 'params', 'results', 'body'],
  actionBody: ['image', 'command', 'args', 'script', 'env', 'workingDir', 'securityContext', 'volumeMounts'],
  stepTemplate: container,
  step: [...container, ...stepOnly],
  actionStep: [
    'name',
    'displayName',
    'ref',
    'params',
    'when',
    'onError',
    'timeout',
    'workspaces',
    'computeResources',
    'securityContext',
    'results',
  ],
  sidecar: [
    ...container,
    'name',
    'command',
    'args',
    'script',
    'ports',
    'readinessProbe',
    'livenessProbe',
    'startupProbe',
    'workspaces',
  ],
  mount: ['name', 'mountPath', 'subPath', 'readOnly'],
  nodeBinding: ['workspace', 'subPath'],
  matrixInclude: ['name', 'params'],
  remoteTask: ['resolver', 'params'],
  condition: ['input', 'operator', 'values'],
  output: ['value', 'description'],
  timeouts: ['pipeline', 'tasks', 'finally'],
  runBinding: [
    'persistentVolumeClaim',
    'volumeClaimTemplate',
    'emptyDir',
    'secret',
    'configMap',
    'projected',
    'csi',
    'items',
    'optional',
    'subPath',
  ],
  claimTemplate: ['storage', 'accessModes', 'storageClassName'],
  param: ['type', 'need', 'description', 'default', 'values', 'format', 'properties'],
  result: ['type', 'description', 'properties'],
  workspace: ['kind', 'need', 'description', 'readOnly', 'mountPath'],
  tasksNode: [...node, 'after', 'over', 'include'],
  finallyNode: node,
  pipelineRun: [...run, 'timeouts', 'taskRunSpecs'],
  taskRun: [...run, 'timeout', 'retries', 'computeResources', 'steps', 'sidecars'],
  nodeRunSpec: [
    'serviceAccountName',
    'podTemplate',
    'computeResources',
    'steps',
    'sidecars',
    'labels',
    'annotations',
    'timeout',
  ],
} as const satisfies { readonly [kind: string]: readonly string[] };

/** Fields of Tekton that a default install refuses, and the feature flag that each needs. */
const alpha: { readonly [field: string]: string } = {
  enum: 'enable-param-enum',
  stdoutConfig: 'enable-api-fields: alpha',
  stderrConfig: 'enable-api-fields: alpha',
  debug: 'enable-api-fields: alpha',
  pipelineRef: 'enable-api-fields: alpha',
  pipelineSpec: 'enable-api-fields: alpha',
  cel: 'enable-cel-in-whenexpression',
  artifacts: 'enable-artifacts',
};

/** Fields that exist elsewhere, and what to write instead. */
const instead: { readonly [field: string]: string } = {
  enum: 'use param.oneOf([...])',
  resources: 'write computeResources',
  runAfter: 'write after: [node], or use a result of the node',
  envFrom: 'mount the Secret or ConfigMap as a workspace: envFrom comes before every other variable',
  matrix: 'use p.matrix(...)',
  taskRef: 'pass the Task to p.task(...)',
  taskSpec: 'pass the Task to p.task(...) with embed: true',
  after: 'nodes of finally all start together',
};

/** Reports every field that is not among the known ones. */
export function checkFields(value: object, kind: keyof typeof known, path: string, report: Report): void {
  checkFieldNames(Object.keys(value), kind, path, report);
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) reportUndefined(path === '' ? name : `${path}.${name}`, report);
  }
}

/** A key that is there without a value: mostly a misspelt name, in code that nobody compiled. */
export function reportUndefined(path: string, report: Report): void {
  report(path, 'is undefined', 'leave the key out if there is no value; tsc finds a misspelt name');
}

/** The same for names that were collected before. */
export function checkFieldNames(
  names: readonly string[],
  kind: keyof typeof known,
  path: string,
  report: Report,
): void {
  const fields: readonly string[] = known[kind];
  for (const name of names) {
    if (fields.includes(name)) continue;
    const flag = alpha[name];
    const message =
      flag === undefined
        ? `unknown field "${name}"`
        : `the field "${name}" is alpha: a default Tekton install refuses it (${flag})`;
    const near = nearest(name, fields);
    report(path, message, instead[name] ?? (near === undefined ? 'remove it' : `did you mean "${near}"?`));
  }
}
