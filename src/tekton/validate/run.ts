import { milliseconds } from '../duration.js';
import type { PipelineDefinition } from '../pipeline.js';
import { below, type Report } from '../problem.js';
import type { NodeRunSpec, PipelineRunDefinition, RunName, TaskRunDefinition, Timeouts } from '../run.js';
import type { TaskDefinition } from '../task.js';
import { checkBoundParams } from './bind.js';
import { checkFields } from './known-fields.js';
import { checkMetadata } from './metadata.js';
import { checkObjectName, checkSubdomain, didYouMean } from './names.js';
import type { ValidateOptions } from './options.js';
import { checkPipelineSpec } from './pipeline.js';
import { checkResources } from './resources.js';
import { checkClaims, checkNodeWorkspaces, checkRunWorkspaces } from './run-workspaces.js';
import { checkSecurityContext } from './security.js';
import { checkTimeout } from './step.js';
import type { Judge } from './strings.js';
import { checkTaskSpec } from './task.js';
import { checkVolumeSource } from './volumes.js';

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
  checkNodeWorkspaces(pipeline, given.workspaces ?? {}, options, report);
  checkPod(given, report);
  checkFields(given.timeouts ?? {}, 'timeouts', 'timeouts', report);
  checkTimeouts(given.timeouts ?? {}, report);
  checkNodeTimeouts(pipeline, given, report);
  for (const [name, spec] of Object.entries(given.taskRunSpecs ?? {})) {
    const inside = below(report, `taskRunSpecs.${name}`);
    const node = pipeline.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) {
      const names = pipeline.nodes.map((candidate) => candidate.name);
      inside('', `"${name}" is not a node of ${owner}`, didYouMean(name, names));
      continue;
    }
    checkFields(spec, 'nodeRunSpec', '', inside);
    checkMetadata(spec, inside);
    checkPod(spec, inside);
    checkContainers(spec, node.definition.kind === 'Task' ? node.definition : undefined, inside);
    checkTimeout(spec.timeout, 'timeout', inside);
    checkWithin(spec.timeout, node.phase, given.timeouts ?? {}, inside);
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
  checkClaims(given.workspaces ?? {}, Object.keys(given.workspaces ?? {}), 'workspaces', options, report);
  checkPod(given, report);
  checkTimeout(given.timeout, 'timeout', report);
  const most = given.timeout ?? defaultTimeout;
  for (const { name, timeout } of task.steps) {
    const [own, whole] = [limit(timeout), limit(most)];
    if (own === undefined || whole === undefined || own <= whole) continue;
    report(`step ${name} > timeout`, `is longer than the ${most} that the run allows`, 'raise timeout');
  }
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

/** Tekton's default limit of a run: `default-timeout-minutes`. */
const defaultTimeout = '1h0m';

/** The limits of tasks and finally must fit into the limit of the pipeline. */
function checkTimeouts(timeouts: Timeouts, report: Report): void {
  for (const [name, timeout] of Object.entries(timeouts)) checkTimeout(timeout, `timeouts.${name}`, report);
  const pipeline = timeouts.pipeline ?? defaultTimeout;
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

/** Checks that a node can take as long as it may: a run without limits ends after an hour. */
function checkNodeTimeouts(
  pipeline: PipelineDefinition,
  given: PipelineRunDefinition['options'],
  report: Report,
): void {
  for (const { name, phase, options } of pipeline.nodes) {
    const isLimited = (given.timeouts?.[phase] ?? given.timeouts?.pipeline) !== undefined;
    if (isLimited || given.taskRunSpecs?.[name]?.timeout !== undefined) continue;
    checkWithin(options.timeout, phase, {}, below(report, `node ${name}`));
  }
}

/** Reports nodes that may take longer than the limits that the run sets: it ends then, which its author may want. */
export function reportCutShort({ pipeline, options: given }: PipelineRunDefinition, report: Report): void {
  for (const { name, phase, options } of pipeline.nodes) {
    if (given.taskRunSpecs?.[name]?.timeout !== undefined) continue;
    checkWithin(options.timeout, phase, given.timeouts ?? {}, below(report, `node ${name}`));
  }
}

function checkWithin(
  timeout: string | undefined,
  phase: 'tasks' | 'finally',
  timeouts: Timeouts,
  report: Report,
): void {
  const bound = timeouts[phase] ?? timeouts.pipeline ?? defaultTimeout;
  const [own, most] = [limit(timeout), limit(bound)];
  if (own !== undefined && most !== undefined && own > most) {
    report('timeout', `is longer than the ${bound} that the run allows`, 'raise timeouts');
  }
}

/** Checks what a run says of its pods. */
function checkPod(
  { podTemplate, serviceAccountName }: Pick<NodeRunSpec, 'podTemplate' | 'serviceAccountName'>,
  report: Report,
): void {
  if (serviceAccountName !== undefined) checkSubdomain(serviceAccountName, 'serviceAccountName', report);
  if (podTemplate === undefined) return;
  const { securityContext, ...rest } = podTemplate;
  checkVolumeSource(rest, 'pod.Template', 'podTemplate', report);
  checkSecurityContext(securityContext, 'podTemplate.securityContext', report, 'core/v1.PodSecurityContext');
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
