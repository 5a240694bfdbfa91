import { milliseconds } from '../duration.js';
import { below, type Report } from '../problem.js';
import type { Owner, Reference } from '../reference.js';
import { ownResults } from '../render/step.js';
import { type ActionStep, STEP, type Step, type StepWithResults } from '../step.js';
import type { TaskDefinition } from '../task.js';
import { type TaskWorkspace, WORKSPACE } from '../workspace.js';
import { checkBoundParams } from './bind.js';
import { checkContainer, type Place } from './container.js';
import { checkResults } from './declare.js';
import { checkFields } from './known-fields.js';
import { checkLabel, checkObjectName, checkUnique } from './names.js';
import { allowsTags, type ValidateOptions } from './options.js';
import { checkResources } from './resources.js';
import { checkWritten } from './results.js';
import { checkSecurityContext } from './security.js';
import { checkItem, checkPlain, checkString, item, type Judge } from './strings.js';
import { checkWhen } from './when.js';

/** Checks all steps of a Task: each by itself, and their names together. */
export function checkSteps(task: TaskDefinition, options: ValidateOptions, report: Report): void {
  const { steps } = task;
  if (steps.length === 0) report('steps', 'is empty; a Task needs at least one step');
  checkUnique(
    steps.map((step) => step.name),
    (index) => item('steps', index, steps[index]?.name),
    'step',
    report,
  );
  const volumes = new Set(task.volumes.map((volume) => volume.name));
  const earlier: Owner[] = [];
  steps.forEach((step, index) => {
    const own = ownerOf(step);
    const judge = isolating(task, step.workspaces, judgeOf(task, earlier, own));
    const place: Place = {
      judge,
      strict: withoutStepResults(judge),
      volumes,
      allowTags: allowsTags(options),
      ...(task.stepTemplate === undefined ? {} : { template: task.stepTemplate }),
    };
    checkStep(step, place, task, options, below(report, item('steps', index, step.name)));
    if (own !== undefined) earlier.push(own);
  });
}

function ownerOf(step: Step): Owner | undefined {
  return (step as Step & Partial<StepWithResults<never>>)[STEP]?.owner;
}

function checkStep(step: Step, place: Place, task: TaskDefinition, options: ValidateOptions, report: Report): void {
  checkLabel(step.name, '', report);
  checkPlain(step.displayName, 'displayName', report);
  checkOutcome(step, report);
  checkWhen(step.when, place.judge, options, report);
  checkStepWorkspaces(step.workspaces, task, report);
  if (step.ref !== undefined) {
    checkResources(step.computeResources, report);
    checkSecurityContext(step.securityContext, 'securityContext', report);
    checkActionStep(step, place.judge, report);
    return;
  }
  checkFields(step, 'step', '', report);
  if (step.command === undefined && step.script === undefined) {
    report(
      '',
      'has neither command nor script',
      'say what it runs: Tekton would ask the registry for the image entrypoint',
    );
  } else if (step.command?.length === 0 && step.script === undefined) report('command', 'is empty');
  checkContainer(step, place, report);
  checkResults(ownResults(step), report);
  const own = ownerOf(step);
  if (own !== undefined) checkWritten(ownResults(step), own, step, [], report);
}

/** What happens when a step fails or takes too long. */
function checkOutcome(step: Step, report: Report): void {
  checkTimeout(step.timeout, 'timeout', report);
  checkOnError(step.onError, report);
}

/** Checks a time limit. */
export function checkTimeout(timeout: string | undefined, path: string, report: Report): void {
  if (timeout === undefined || milliseconds(timeout) !== undefined) return;
  report(path, `"${timeout}" is not a duration`, 'write 90s, 10m or 1h30m');
}

/** Checks what a failure does. */
export function checkOnError(onError: string | undefined, report: Report): void {
  if (onError === undefined || onError === 'continue' || onError === 'stopAndFail') return;
  report('onError', `"${onError}" is not valid`, "write 'continue' or 'stopAndFail'");
}

function checkActionStep(step: ActionStep, judge: Judge, report: Report): void {
  checkFields(step, 'actionStep', '', report);
  const { ref } = step;
  if ('kind' in ref) {
    const what = `StepAction "${ref.name}"`;
    checkObjectName(ref.name, 'ref', report);
    checkBoundParams(step.params, ref.params, what, judge, report);
  } else checkSource(ref.params, 'ref.params', judge, report);
}

/** Checks the params of a resolver; what it fetches is unknown here. */
export function checkSource(
  params: { readonly [name: string]: unknown },
  place: string,
  judge: Judge,
  report: Report,
): void {
  for (const [name, value] of Object.entries(params)) {
    const path = `${place}.${name}`;
    if (!Array.isArray(value)) checkString(value, path, judge, report);
    else {
      value.forEach((entry, index) => {
        checkItem(entry, `${path}[${index}]`, judge, report);
      });
    }
  }
}

/** Checks the workspaces that a step or sidecar lists for itself. */
export function checkStepWorkspaces(
  workspaces: readonly TaskWorkspace[] | undefined,
  task: TaskDefinition,
  report: Report,
): void {
  const seen = new Set<string>();
  workspaces?.forEach((workspace, index) => {
    const path = `workspaces[${index}]`;
    const handle = (workspace as TaskWorkspace | undefined)?.[WORKSPACE];
    if (handle === undefined) report(path, 'is not a workspace of the Task', 'declare it in workspaces');
    else if (handle.owner !== task.owner) {
      report(path, `"${handle.name}" is a workspace of task "${handle.owner.name}"`, 'declare it in this Task too');
    } else if (seen.has(handle.name)) report(path, `"${handle.name}" is listed twice`);
    if (handle !== undefined) seen.add(handle.name);
  });
}

/** Which references the steps and sidecars of a Task may contain. */
export function judgeOf(task: { readonly owner: Owner }, earlier: readonly Owner[], own: Owner | undefined): Judge {
  return (reference) => {
    const { owner, origin, name } = reference;
    if (owner === task.owner) return undefined;
    if (owner.kind !== 'Step') return stray(reference);
    if (owner === own) {
      if (origin === 'result path') return undefined;
      return { message: `reads its own result "${name}"`, hint: 'results can be read by later steps' };
    }
    if (origin === 'result path') {
      return {
        message: `writes the result "${name}" of step "${owner.name}"`,
        hint: 'a step writes only its own results',
      };
    }
    if (earlier.includes(owner)) return undefined;
    return {
      message: `reads the result "${name}" of step "${owner.name}", which does not run before it in this Task`,
      hint: 'put that step before this one',
    };
  };
}

/**
 * Tekton mounts a workspace that steps or sidecars list only into those (`pkg/workspace/apply.go`): elsewhere its path is a path to nothing.
 *
 * @param own what the container lists itself
 */
export function isolating(task: TaskDefinition, own: readonly TaskWorkspace[] | undefined, judge: Judge): Judge {
  const names = (list: readonly TaskWorkspace[] = []) => list.map((workspace) => workspace?.[WORKSPACE]?.name);
  const isolated = new Set([...task.steps, ...task.sidecars].flatMap((container) => names(container?.workspaces)));
  const taken = names(own);
  return (reference) => {
    const { owner, origin, name, expression } = reference;
    const needsMount = origin === 'workspace' && owner === task.owner && /\.(?:path|volume)$/.test(expression);
    if (!needsMount || !isolated.has(name) || taken.includes(name)) return judge(reference);
    return {
      message: `uses ${expression}, but the workspace "${name}" is mounted only where it is listed in workspaces`,
      hint: 'list it here too, or nowhere',
    };
  };
}

/** The problem with a reference that belongs to another definition. */
export function stray({ owner, expression }: Reference): { readonly message: string; readonly hint: string } {
  const place = `${owner.kind.toLowerCase()} "${owner.name}"`;
  return {
    message: `refers to ${expression} of ${place}`,
    hint: 'a definition sees only what it declares itself: declare a param, and bind it where it is used',
  };
}

function withoutStepResults(judge: Judge): Judge {
  return (reference) =>
    reference.origin === 'step result'
      ? {
          message: `uses the result "${reference.name}" of a step`,
          hint: 'Tekton accepts it only in env, command and args',
        }
      : judge(reference);
}
