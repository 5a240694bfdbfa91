import { below, type Report } from '../problem.js';
import { referenceOf } from '../reference.js';
import type { StepActionDefinition } from '../step.js';
import { STEP, type Step, type StepWithResults } from '../step.js';
import type { TaskDefinition } from '../task.js';
import type { Volume } from '../wire/pod.js';
import { checkContainer } from './container.js';
import { checkParams, checkResults, checkWorkspaces, clean } from './declare.js';
import { checkFieldNames, checkFields, reportUndefined } from './known-fields.js';
import { checkMetadata } from './metadata.js';
import { checkLabel, checkObjectName, checkUnique, didYouMean } from './names.js';
import { allowsTags, type ValidateOptions } from './options.js';
import { checkWritten } from './results.js';
import { checkSidecars } from './sidecar.js';
import { checkSteps, stray } from './step.js';
import { item, type Judge } from './strings.js';
import { checkVolumeSource } from './volumes.js';

/** Checks a Task, in the order of Tekton's own `TaskSpec.Validate`. */
export function checkTask(task: TaskDefinition, options: ValidateOptions, report: Report): void {
  checkObjectName(task.name, '', report);
  checkMetadata(task, report);
  checkTaskSpec(task, options, report);
}

/** Checks the spec of a Task, by itself or inside a Pipeline. */
export function checkTaskSpec(task: TaskDefinition, options: ValidateOptions, report: Report): void {
  checkFieldNames(task.unknown, 'task', '', report);
  for (const option of task.absent) reportUndefined(option, report);
  checkVolumes(task.volumes, report);
  checkWorkspaces(task.workspaces, mountedAt(task), options, report);
  checkTemplate(task, options, report);
  checkSteps(task, options, report);
  checkSidecars(task, options, report);
  checkParams(task.params, report);
  checkResults(task.results, report);
  checkWritten(task.results, task.owner, [task.steps, task.sidecars], Object.keys(task.resultValues), report);
  checkResultValues(task, report);
}

function checkVolumes(volumes: readonly Volume[], report: Report): void {
  const pathOf = (index: number) => item('volumes', index, volumes[index]?.name);
  checkUnique(
    volumes.map((volume) => volume.name),
    pathOf,
    'volume',
    report,
  );
  volumes.forEach((volume, index) => {
    checkLabel(volume.name, pathOf(index), report);
    const sources = Object.keys(volume).filter((field) => field !== 'name');
    if (sources.length !== 1) report(pathOf(index), `has ${sources.length} sources; a volume has exactly one`);
    checkVolumeSource(volume, 'core/v1.Volume', pathOf(index), report);
  });
}

/** Where the steps and their template mount volumes, as far as it is known. */
function mountedAt(task: TaskDefinition): ReadonlySet<string> {
  const mounts = [...(task.stepTemplate?.volumeMounts ?? []), ...task.steps.flatMap(mountsOf)];
  return new Set(mounts.flatMap(({ mountPath }) => (typeof mountPath === 'string' ? [clean(mountPath)] : [])));
}

function mountsOf(step: Step) {
  return step.ref === undefined ? (step.volumeMounts ?? []) : [];
}

function checkTemplate(task: TaskDefinition, options: ValidateOptions, report: Report): void {
  const template = task.stepTemplate;
  if (template === undefined) return;
  const inside = below(report, 'stepTemplate');
  checkFields(template, 'stepTemplate', '', inside);
  const judge: Judge = (reference) => (reference.owner === task.owner ? undefined : stray(reference));
  const volumes = new Set(task.volumes.map((volume) => volume.name));
  const allowTags = template.image === undefined || allowsTags(options);
  checkContainer({ image: 'set-by-steps', ...template }, { judge, strict: judge, volumes, allowTags }, inside);
}

/** Results of the Task that are results of its steps: declared, and of a step of this Task. */
function checkResultValues(task: TaskDefinition, report: Report): void {
  const owners = task.steps.map((step) => (step as Step & Partial<StepWithResults<never>>)[STEP]?.owner);
  for (const [name, value] of Object.entries(task.resultValues)) {
    const path = `results.${name}`;
    const declared = task.results[name];
    const reference = referenceOf(value);
    if (declared === undefined) {
      report(path, `"${name}" is not a result of the Task`, didYouMean(name, Object.keys(task.results)));
    } else if (declared.type !== 'string') report(path, `is an ${declared.type}, but a result of a step is a string`);
    if (reference?.origin !== 'step result' || !owners.includes(reference.owner)) {
      report(path, 'is not a result of a step of this Task', 'use step(...) or stepFrom(...), and list the step');
    }
  }
}

/** Checks a StepAction, in the order of Tekton's own `StepActionSpec.Validate`. */
export function checkStepAction(action: StepActionDefinition, options: ValidateOptions, report: Report): void {
  const { body } = action;
  const judge: Judge = (reference) => (reference.owner === action.owner ? undefined : stray(reference));
  checkObjectName(action.name, '', report);
  checkMetadata(action, report);
  checkFields(action, 'stepAction', '', report);
  checkFields(body, 'actionBody', '', report);
  if (body.command === undefined && body.script === undefined) report('', 'has neither command nor script');
  checkContainer(body, { judge, strict: judge, allowTags: allowsTags(options) }, report);
  checkParams(action.params, report);
  checkResults(action.results, report);
  checkWritten(action.results, action.owner, body, [], report);
  body.volumeMounts?.forEach(({ name }, index) => {
    if (referenceOf(name)?.origin === 'param') return;
    report(`volumeMounts[${index}].name`, 'must be a param in a StepAction', 'the Task passes the name of its volume');
  });
}
