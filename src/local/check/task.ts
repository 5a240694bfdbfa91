/** What Tekton's webhook refuses of a TaskSpec or a StepAction. Source: task_validation.go, container_validation.go. */
import { posix } from 'node:path';
import { checkLabel, checkUnique, checkWorkspaceName } from '../../tekton/validate/names.js';
import type { VolumeMount } from '../../tekton/wire/pod.js';
import type {
  WireContainer,
  WireParamSpec,
  WireSidecar,
  WireStep,
  WireStepAction,
  WireTaskSpec,
} from '../../tekton/wire/task.js';
import { checkAlpha, checkParamSpecs, checkParams, checkResults, checkWhen, plainly } from './declared.js';
import { checkContexts, checkItem, checkText, type Report, type Scope, uses } from './variables.js';
import { checkVolume, filledIn } from './volume.js';

/** @param outer params that the spec sees beside its own; undefined when only the run can tell */
export function checkTaskSpec(
  spec: WireTaskSpec,
  outer: readonly WireParamSpec[] | undefined,
  path: string,
  report: Report,
): void {
  const say = plainly(report);
  const { steps = [], sidecars = [], volumes = [], workspaces = [], params = [] } = spec;
  const scope: Scope = { params: outer === undefined ? undefined : [...params, ...outer] };
  if (steps.length === 0) report(`${path}.steps`, 'a Task has no steps', 'write at least one');
  checkParamSpecs(params, `${path}.params`, report);
  checkResults(spec.results, `${path}.results`, report);
  for (const [index, { value }] of (spec.results ?? []).entries()) {
    if (value === undefined || /^\$\(steps\.[^.]+\.results\.[^)]+\)$/u.test(String(value))) continue;
    report(`${path}.results[${index}].value`, 'is no result of a step', 'write $(steps.STEP.results.RESULT)');
  }
  checkUnique(
    workspaces.map(({ name }) => name),
    (index) => `${path}.workspaces[${index}].name`,
    'workspace',
    say,
  );
  checkUnique(
    volumes.map(({ name }) => name),
    (index) => `${path}.volumes[${index}].name`,
    'volume',
    say,
  );
  for (const [index, { name }] of workspaces.entries()) {
    checkWorkspaceName(filledIn(name), `${path}.workspaces[${index}].name`, say);
  }
  for (const [index, volume] of volumes.entries()) checkVolume(volume, `${path}.volumes[${index}]`, report);
  checkMountPaths(spec, path, report);
  for (const [index, step] of steps.entries()) checkStep(step, spec, scope, `${path}.steps[${index}]`, report);
  const named = steps.map(({ name }) => name ?? '');
  checkUnique(
    named,
    (index) => `${path}.steps[${index}].name`,
    'step',
    (at, what, hint) => {
      if (!/"" ?|named ""/u.test(what)) say(at, what, hint);
    },
  );
  for (const [index, sidecar] of sidecars.entries())
    checkSidecar(sidecar, spec, scope, `${path}.sidecars[${index}]`, report);
  checkAlpha(JSON.stringify([steps, sidecars]), `${path}.steps`, report);
}

function checkMountPaths(
  { workspaces = [], steps = [], stepTemplate }: WireTaskSpec,
  path: string,
  report: Report,
): void {
  const taken = new Set(
    [...steps, stepTemplate]
      .flatMap((one) => one?.volumeMounts ?? [])
      .map((mount) => posix.normalize(`${mount.mountPath}/`)),
  );
  for (const [index, { name, mountPath }] of workspaces.entries()) {
    const at = posix.normalize(`${mountPath || `/workspace/${name}`}/`);
    if (taken.has(at))
      report(
        `${path}.workspaces[${index}].mountPath`,
        `${at} is the path of another mount`,
        'choose another mountPath',
      );
    taken.add(at);
  }
}

function checkStep(step: WireStep, spec: WireTaskSpec, scope: Scope, path: string, report: Report): void {
  const { name, script = '', ref, onError, timeout } = step;
  if (name) checkLabel(name, `${path}.name`, plainly(report));
  checkParams(step.params, `${path}.params`, report);
  checkWhen(step.when, `${path}.when`, report);
  checkResults(step.results, `${path}.results`, report);
  if (onError && !['continue', 'stopAndFail'].includes(onError) && !onError.includes('$(params.')) {
    report(`${path}.onError`, `there is no onError ${onError}`, 'use continue or stopAndFail');
  }
  checkText(onError, scope, `${path}.onError`, report);
  if (timeout?.startsWith('-')) report(`${path}.timeout`, 'a timeout is negative', 'write a positive duration');
  if (ref !== undefined) {
    const own = ['image', 'script', 'command', 'args', 'env', 'workingDir', 'volumeMounts', 'results'] as const;
    for (const field of own) {
      if (step[field] !== undefined && step[field]?.length !== 0)
        report(`${path}.${field}`, 'a step with ref takes it from its StepAction', `remove ${field} or ref`);
    }
    if (!ref.name && !ref.resolver) report(`${path}.ref`, 'names no StepAction', 'write its name');
    return;
  }
  if ((step.params ?? []).length > 0) report(`${path}.params`, 'a step without ref has no params', 'remove them');
  if (!step.image && !spec.stepTemplate?.image) report(`${path}.image`, 'is missing', 'write the image of the step');
  if (/^#!win/u.test(script))
    report(`${path}.script`, 'Windows scripts are an alpha feature', 'use an interpreter such as sh');
  checkWorkspaces(step, spec, path, report);
  checkContainer(step, scope, path, report);
  const declared = new Set((spec.results ?? []).map((result) => result.name));
  for (const { name: used, whole } of uses(script, 'results')) {
    if (!declared.has(used))
      report(`${path}.script`, `uses ${whole}, and there is no result ${used}`, 'declare it in results');
  }
  checkOwnResults(script, step.results, path, report);
}

function checkOwnResults(script: string, results: WireStep['results'] = [], path: string, report: Report): void {
  for (const { name, whole } of uses(script, 'step.results')) {
    if (!results.some((result) => result.name === name))
      report(
        `${path}.script`,
        `uses ${whole}, and the step has no result ${name}`,
        'declare it in results of the step',
      );
  }
}

function checkSidecar(sidecar: WireSidecar, spec: WireTaskSpec, scope: Scope, path: string, report: Report): void {
  if (sidecar.name) checkLabel(filledIn(sidecar.name), `${path}.name`, plainly(report));
  if (sidecar.name === 'tekton-log-results')
    report(`${path}.name`, 'Tekton keeps this name for itself', 'choose another name');
  if (!sidecar.image) report(`${path}.image`, 'is missing', 'write the image of the sidecar');
  checkWorkspaces(sidecar, spec, path, report);
  checkContainer(sidecar, scope, path, report);
}

function checkWorkspaces(
  { workspaces = [] }: WireStep | WireSidecar,
  spec: WireTaskSpec,
  path: string,
  report: Report,
): void {
  for (const [index, { name }] of workspaces.entries()) {
    if ((spec.workspaces ?? []).some((workspace) => workspace.name === name)) continue;
    report(
      `${path}.workspaces[${index}].name`,
      `there is no workspace ${name}`,
      'declare it in workspaces of the Task',
    );
  }
}

/** What steps, sidecars and StepActions have in common. */
function checkContainer(
  container: WireContainer & { readonly script?: string },
  scope: Scope,
  path: string,
  report: Report,
): void {
  const { script = '', command = [], args = [], env = [], volumeMounts = [], image, workingDir } = container;
  if (script !== '' && command.length > 0) report(`${path}.script`, 'there is a command too', 'remove one of them');
  const texts: [string, string | undefined][] = [
    ['script', script],
    ['image', image],
    ['workingDir', workingDir],
    ...volumeMounts.flatMap((mount, index): [string, string | undefined][] => [
      [`volumeMounts[${index}].name`, mount.name],
      [`volumeMounts[${index}].mountPath`, mount.mountPath],
      [`volumeMounts[${index}].subPath`, mount.subPath],
    ]),
  ];
  for (const [field, text = ''] of texts) {
    checkText(text, scope, `${path}.${field}`, report);
    const step = /\$\(steps\.[^()]*\.results\.[^()]*\)/u.exec(text);
    if (step !== null)
      report(`${path}.${field}`, `uses ${step[0]}`, 'use results of steps in env, command and args only');
  }
  for (const [index, { value }] of env.entries()) checkText(value, scope, `${path}.env[${index}].value`, report);
  for (const [field, list] of Object.entries({ command, args })) {
    for (const [index, text] of list.entries()) checkItem(text, scope, `${path}.${field}[${index}]`, report);
  }
  checkContexts(JSON.stringify(container), ['context.taskRun', 'context.task'], path, report);
  for (const [index, mount] of volumeMounts.entries()) checkMount(mount, `${path}.volumeMounts[${index}]`, report);
}

function checkMount({ name, mountPath }: VolumeMount, path: string, report: Report): void {
  if (/^\/tekton(?:\/|$)/u.test(mountPath) && !mountPath.startsWith('/tekton/home'))
    report(`${path}.mountPath`, 'nothing can be mounted under /tekton', 'choose another path');
  if (name.startsWith('tekton-internal-'))
    report(`${path}.name`, 'Tekton keeps this name for itself', 'choose another name');
}

export function checkStepAction(spec: WireStepAction['spec'], report: Report): void {
  const { script = '', params = [], volumeMounts = [] } = spec;
  checkParamSpecs(params, 'spec.params', report);
  checkResults(spec.results, 'spec.results', report);
  if (!spec.image) report('spec.image', 'is missing', 'write the image of the step');
  checkContainer(spec, { params }, 'spec', report);
  if (/\$\(params[.[]/u.test(script))
    report('spec.script', 'a script of a StepAction uses no params', 'pass them by env');
  for (const [index, { name }] of volumeMounts.entries()) {
    if (!/^\$\(params\.[^)]+\)$/u.test(name))
      report(`spec.volumeMounts[${index}].name`, 'is not one param', 'write $(params.NAME)');
  }
  checkOwnResults(script, spec.results, 'spec', report);
}
