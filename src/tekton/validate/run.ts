import { milliseconds } from '../duration.js';
import { below, type Report } from '../problem.js';
import type { NodeRunSpec, PipelineRunDefinition, RunBinding, RunName, TaskRunDefinition, Timeouts } from '../run.js';
import type { TaskDefinition } from '../task.js';
import type { Workspaces } from '../workspace.js';
import { checkBoundParams } from './bind.js';
import { checkResources } from './container.js';
import { checkFields } from './known-fields.js';
import { checkMetadata } from './metadata.js';
import { checkObjectName, didYouMean } from './names.js';
import type { ValidateOptions } from './options.js';
import { checkPipelineSpec } from './pipeline.js';
import { checkTimeout } from './step.js';
import { checkPlain, type Judge } from './strings.js';
import { checkTaskSpec } from './task.js';

const literalsOnly: Judge = ({ expression }) => ({
  message: `refers to ${expression}, but a run accepts only literals`,
  hint: 'write the value',
});

/** Checks a PipelineRun, in the order of Tekton's own `PipelineRunSpec.Validate`. */
export function checkPipelineRun(run: PipelineRunDefinition, options: ValidateOptions, report: Report): void {
  const { pipeline, options: given } = run;
  const owner = `pipeline "${pipeline.name}"`;
  checkRunName(run.name, report);
  checkMetadata(given, report);
  checkFields(given, 'pipelineRun', '', report);
  if (given.embed === true) checkPipelineSpec(pipeline, options, below(report, 'pipelineSpec'));
  else checkObjectName(pipeline.name, 'pipelineRef', report);
  checkBoundParams(given.params, pipeline.params, owner, literalsOnly, report);
  checkRunWorkspaces(given.workspaces ?? {}, pipeline.workspaces, owner, report);
  checkTimeouts(given.timeouts ?? {}, report);
  for (const [name, spec] of Object.entries(given.taskRunSpecs ?? {})) {
    const inside = below(report, `taskRunSpecs.${name}`);
    const node = pipeline.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) {
      const names = pipeline.nodes.map((candidate) => candidate.name);
      inside('', `"${name}" is not a node of ${owner}`, didYouMean(name, names));
      continue;
    }
    checkFields(spec, 'nodeRunSpec', '', inside);
    checkContainers(spec, node.definition.kind === 'Task' ? node.definition : undefined, inside);
    checkNodeTimeout(spec, given.timeouts ?? {}, inside);
  }
}

/** Checks a TaskRun, in the order of Tekton's own `TaskRunSpec.Validate`. */
export function checkTaskRun(run: TaskRunDefinition, options: ValidateOptions, report: Report): void {
  const { task, options: given } = run;
  const owner = `task "${task.name}"`;
  checkRunName(run.name, report);
  checkMetadata(given, report);
  checkFields(given, 'taskRun', '', report);
  if (given.embed === true) checkTaskSpec(task, options, below(report, 'taskSpec'));
  else checkObjectName(task.name, 'taskRef', report);
  checkBoundParams(given.params, task.params, owner, literalsOnly, report);
  checkRunWorkspaces(given.workspaces ?? {}, task.workspaces, owner, report);
  checkTimeout(given.timeout, 'timeout', report);
  const { retries = 0 } = given;
  if (!Number.isInteger(retries) || retries < 0)
    report('retries', `is ${retries}; it must be a whole number, 0 or more`);
  checkContainers(given, task, report);
}

function checkRunName(name: RunName, report: Report): void {
  if (typeof name === 'string') {
    checkObjectName(name, '', report);
    return;
  }
  const { generateName } = name;
  checkObjectName(generateName.replace(/-$/, ''), '', report);
  if (generateName.length > 58) {
    report(
      '',
      `generateName has ${generateName.length} characters; with the 5 that Kubernetes appends, at most 63 are allowed`,
      'shorten it to 58',
    );
  }
}

function checkRunWorkspaces(
  given: { readonly [name: string]: RunBinding },
  declared: Workspaces,
  owner: string,
  report: Report,
): void {
  for (const [name, binding] of Object.entries(given)) {
    const path = `workspaces.${name}`;
    const definition = declared[name];
    if (binding === undefined) continue;
    if (definition === undefined) {
      report(path, `"${name}" is not a workspace of ${owner}`, didYouMean(name, Object.keys(declared)));
      continue;
    }
    const sources = Object.keys(binding).filter((field) => volumeSources.includes(field));
    if (sources.length !== 1)
      report(
        path,
        `has ${sources.length} sources; a workspace has exactly one`,
        `use one of: ${volumeSources.join(', ')}`,
      );
    if (definition.kind !== 'volume' && sources.some((field) => claims.includes(field))) {
      report(path, `is a ${definition.kind} workspace, but is bound to a claim`, 'bind a Secret or a ConfigMap');
    }
    for (const [field, value] of Object.entries(binding)) if (value === '') report(`${path}.${field}`, 'is empty');
    if ('projected' in binding && binding.projected.length === 0) report(`${path}.projected`, 'has no sources');
    if ('csi' in binding && binding.csi.driver === '') report(`${path}.csi.driver`, 'is empty');
    checkPlain(binding, path, report);
  }
  for (const [name, { need }] of Object.entries(declared)) {
    if (need === 'required' && given[name] === undefined) {
      report(`workspaces.${name}`, `the workspace "${name}" of ${owner} is required but not bound`);
    }
  }
}

const claims = ['persistentVolumeClaim', 'volumeClaimTemplate'];
const volumeSources = [...claims, 'emptyDir', 'secret', 'configMap', 'projected', 'csi'];

/** Tekton's default limit of a PipelineRun. */
const defaultPipelineTimeout = '1h0m';

/** The limits of tasks and finally must fit into the limit of the pipeline. */
function checkTimeouts(timeouts: Timeouts, report: Report): void {
  for (const [name, timeout] of Object.entries(timeouts)) checkTimeout(timeout, `timeouts.${name}`, report);
  const pipeline = timeouts.pipeline ?? defaultPipelineTimeout;
  const whole = limit(pipeline);
  const tasks = limit(timeouts.tasks);
  const last = limit(timeouts.finally);
  for (const [name, part] of [['tasks', tasks] as const, ['finally', last] as const]) {
    if (part !== undefined && whole !== undefined && part > whole) {
      report(`timeouts.${name}`, `is longer than the pipeline's ${pipeline}`, 'raise timeouts.pipeline');
    }
  }
  if (tasks === undefined || last === undefined || whole === undefined) return;
  if (whole === Number.POSITIVE_INFINITY) {
    report('timeouts.pipeline', 'has no limit although tasks and finally have one, which Tekton refuses');
  } else if (tasks <= whole && last <= whole && tasks + last > whole) {
    report(
      'timeouts',
      `tasks and finally together are longer than the pipeline's ${pipeline}`,
      'raise timeouts.pipeline',
    );
  }
}

/** Milliseconds; `0s` means without limit. */
function limit(timeout: string | undefined): number | undefined {
  if (timeout === undefined) return undefined;
  const length = milliseconds(timeout);
  return length === 0 ? Number.POSITIVE_INFINITY : length;
}

function checkNodeTimeout(spec: NodeRunSpec, timeouts: Timeouts, report: Report): void {
  checkTimeout(spec.timeout, 'timeout', report);
  const bound = timeouts.tasks ?? timeouts.pipeline ?? defaultPipelineTimeout;
  const [own, most] = [limit(spec.timeout), limit(bound)];
  if (own !== undefined && most !== undefined && own > most) {
    report('timeout', `is longer than the ${bound} that the run allows`, 'raise timeouts');
  }
}

/** Resources go to the whole TaskRun or to its containers, and containers are named as in the Task. */
function checkContainers(
  spec: Pick<NodeRunSpec, 'computeResources' | 'steps' | 'sidecars'>,
  task: TaskDefinition | undefined,
  report: Report,
): void {
  checkResources(spec.computeResources, report);
  if (spec.computeResources !== undefined && Object.keys(spec.steps ?? {}).length > 0) {
    report('computeResources', 'is set together with resources of steps, which Tekton refuses', 'keep one of the two');
  }
  for (const field of ['steps', 'sidecars'] as const) {
    const names = task?.[field].map(({ name }) => name);
    for (const [name, resources] of Object.entries(spec[field] ?? {})) {
      checkResources(resources, below(report, `${field}.${name}`));
      if (names !== undefined && !names.includes(name)) {
        report(
          `${field}.${name}`,
          `task "${task?.name}" has no ${field.slice(0, -1)} "${name}"`,
          didYouMean(name, names),
        );
      }
    }
  }
}
