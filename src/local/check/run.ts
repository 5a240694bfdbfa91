/** What Tekton's webhook refuses of a TaskRun or PipelineRun. Source: taskrun_validation.go, pipelinerun_validation.go. */
import { milliseconds } from '../../tekton/duration.js';
import { checkSubdomain, checkUnique, checkWorkspaceName } from '../../tekton/validate/names.js';
import type { WirePipelineRun, WireTaskRun, WireWorkspaceBinding } from '../../tekton/wire/run.js';
import { expressions, expressionsOf, resultReference, textsOf } from '../plan/expressions.js';
import { checkParams, plainly } from './declared.js';
import { checkPipelineSpec } from './pipeline.js';
import { checkTaskSpec } from './task.js';
import type { Report } from './variables.js';

export function checkTaskRun(spec: WireTaskRun['spec'], report: Report): void {
  if ((spec.taskRef === undefined) === (spec.taskSpec === undefined)) {
    report(
      'spec',
      `has ${spec.taskRef === undefined ? 'no Task' : 'a taskRef and a taskSpec'}`,
      'write either taskRef or taskSpec',
    );
  }
  if (spec.taskSpec !== undefined) checkTaskSpec(spec.taskSpec, undefined, 'spec.taskSpec', report);
  checkGiven(spec, report);
  checkDuration(spec.timeout, 'spec.timeout', report);
  for (const field of ['stepSpecs', 'sidecarSpecs'] as const) {
    checkUnique(
      (spec[field] ?? []).map(({ name }) => name),
      (index) => `spec.${field}[${index}].name`,
      'entry',
      plainly(report),
    );
  }
  if (spec.computeResources !== undefined && (spec.stepSpecs ?? []).length > 0) {
    report('spec.computeResources', 'there are resources in stepSpecs too', 'remove one of them');
  }
}

export function checkPipelineRun(spec: WirePipelineRun['spec'], report: Report): void {
  if ((spec.pipelineRef === undefined) === (spec.pipelineSpec === undefined)) {
    const has = spec.pipelineRef === undefined ? 'no Pipeline' : 'a pipelineRef and a pipelineSpec';
    report('spec', `has ${has}`, 'write either pipelineRef or pipelineSpec');
  }
  if (spec.pipelineSpec !== undefined) checkPipelineSpec(spec.pipelineSpec, true, 'spec.pipelineSpec', report);
  checkInlineParams(spec, report);
  checkGiven(spec, report);
  const { pipeline = '1h0m0s', tasks, finally: last } = spec.timeouts ?? {};
  const limit = milliseconds(pipeline) ?? 0;
  for (const [name, value] of Object.entries({ pipeline, tasks, finally: last })) {
    checkDuration(value, `spec.timeouts.${name}`, report);
    if (limit > 0 && (milliseconds(value ?? '0s') ?? 0) > limit)
      report(`spec.timeouts.${name}`, `is longer than that of the Pipeline, ${pipeline}`, 'make it shorter');
  }
  const both = (milliseconds(tasks ?? '0s') ?? 0) + (milliseconds(last ?? '0s') ?? 0);
  if (limit > 0 && tasks !== undefined && last !== undefined && both > limit) {
    report(
      'spec.timeouts',
      `tasks and finally together are longer than the Pipeline, ${pipeline}`,
      'make one of them shorter',
    );
  }
  for (const [index, { timeout }] of (spec.taskRunSpecs ?? []).entries()) {
    const path = `spec.taskRunSpecs[${index}].timeout`;
    checkDuration(timeout, path, report);
    if (limit > 0 && (milliseconds(timeout ?? '0s') ?? 0) > limit)
      report(path, `is longer than that of the Pipeline, ${pipeline}`, 'make it shorter');
  }
}

/**
 * What a Pipeline in a run uses is a param of the run, of the Pipeline or of one of its tasks. In `finally` Tekton does not look.
 * Source: validateInlineParameters of pipelinerun_validation.go.
 */
function checkInlineParams({ params = [], pipelineSpec }: WirePipelineRun['spec'], report: Report): void {
  const { tasks = [], params: own = [] } = pipelineSpec ?? {};
  const ofTasks = tasks.flatMap((task) => [...(task.params ?? []), ...(task.taskSpec?.params ?? [])]);
  const fanned = tasks.flatMap(({ matrix }) => [
    ...(matrix?.params ?? []),
    ...(matrix?.include ?? []).flatMap((row) => row.params ?? []),
  ]);
  const known = new Set([...params, ...own, ...ofTasks, ...fanned].map(({ name }) => name));
  for (const [index, task] of tasks.entries()) {
    const whens = (task.when ?? []).flatMap(({ input = '', values = [] }) => [input, ...values]);
    const passed = [...(task.params ?? []), ...(task.matrix?.params ?? [])].flatMap(({ value }) =>
      expressionsOf(value),
    );
    const steps = (task.taskSpec?.steps ?? []).flatMap(textsOf);
    for (const expression of new Set([...passed, ...[...whens, ...steps].flatMap(expressions)])) {
      const name = /^params\.([^.[]+)/u.exec(expression)?.[1];
      if (name === undefined || known.has(name)) continue;
      const path = `spec.pipelineSpec.tasks[${index}]`;
      report(path, `uses $(${expression}), and there is no param ${name}`, 'declare it in params, or correct its name');
    }
  }
}

function checkGiven(
  { params = [], workspaces = [] }: WireTaskRun['spec'] | WirePipelineRun['spec'],
  report: Report,
): void {
  checkParams(params, 'spec.params', report);
  for (const [index, { value }] of params.entries()) {
    if (expressionsOf(value).some((expression) => resultReference(expression) !== undefined)) {
      report(`spec.params[${index}].value`, 'a run starts before there are results', 'write the value');
    }
  }
  checkUnique(
    workspaces.map(({ name }) => name),
    (index) => `spec.workspaces[${index}].name`,
    'workspace',
    plainly(report),
  );
  for (const [index, workspace] of workspaces.entries()) checkBinding(workspace, `spec.workspaces[${index}]`, report);
}

function checkBinding(binding: WireWorkspaceBinding, path: string, report: Report): void {
  const kinds = [
    'volumeClaimTemplate',
    'persistentVolumeClaim',
    'emptyDir',
    'configMap',
    'secret',
    'projected',
    'csi',
  ] as const;
  const given = kinds.filter((kind) => binding[kind] !== undefined);
  if (given.length !== 1) {
    report(
      path,
      given.length === 0 ? 'is no volume' : `is ${given.join(' and ')}`,
      `write one of: ${kinds.join(', ')}`,
    );
  }
  const needed: [string, string | undefined][] = [
    [
      'persistentVolumeClaim.claimName',
      binding.persistentVolumeClaim === undefined ? 'x' : binding.persistentVolumeClaim.claimName,
    ],
    ['configMap.name', binding.configMap === undefined ? 'x' : binding.configMap.name],
    ['secret.secretName', binding.secret === undefined ? 'x' : binding.secret.secretName],
    ['projected.sources', binding.projected?.sources?.length === 0 ? '' : 'x'],
  ];
  for (const [field, value] of needed) if (!value) report(`${path}.${field}`, 'is missing', 'write it');
  checkWorkspaceName(binding.name, `${path}.name`, plainly(report));
  const { claimName } = binding.persistentVolumeClaim ?? {};
  if (claimName) checkSubdomain(claimName, `${path}.persistentVolumeClaim.claimName`, plainly(report));
}

function checkDuration(value: string | undefined, path: string, report: Report): void {
  if (value?.startsWith('-')) report(path, 'is negative', 'write a duration of 0 or more');
}
