import type { Condition, StepState, TaskRunRequest, TaskRunStatus } from '../contract.js';
import type { Container, ImageNotPulled } from './containers.js';
import { podName } from './environment.js';
import { goDuration } from './go-time.js';
import { checkResults, fromStep, goJson, resultsOf, withoutDuplicates } from './results.js';
import type { StepEnd } from './run-step.js';
import type { SidecarEnd } from './sidecars.js';
import type { Spec, Step } from './task-spec.js';

/** Why a TaskRun was ended from outside. */
export type Stopped = 'TaskRunTimeout' | 'TaskRunCancelled';

/** All that is known of a TaskRun at its end. */
export interface Ended {
  readonly request: TaskRunRequest;
  readonly spec: Spec;
  readonly steps: readonly { readonly container: Container<Step>; readonly end: StepEnd | undefined }[];
  readonly sidecars: readonly SidecarEnd[];
  readonly stopped: Stopped | undefined;
  readonly startTime: string;
  readonly completionTime: string;
}

/** The status that Tekton's controller would make of the pod. Source: pkg/pod/status.go. */
export function statusOf(ended: Ended): TaskRunStatus {
  const { request, spec, steps, sidecars, startTime, completionTime, stopped } = ended;
  const declared = spec.results ?? [];
  const containers = steps.map(({ container, end }) => stateOfStep(ended, container, end));
  const collected = stopped
    ? []
    : steps.flatMap(({ container, end }) => {
        const entries = end?.message.read(containerCount(spec)) ?? [];
        const own = resultsOf(entries, 4, container.definition.results ?? []);
        return [...resultsOf(entries, 1, declared), ...fromStep(container.name, own, declared)];
      });
  const { results, problem } = checkResults(withoutDuplicates(collected), declared);
  const condition = conditionOf(ended, problem);
  return {
    conditions: [{ type: 'Succeeded', ...condition, lastTransitionTime: completionTime }],
    podName: podName(request),
    startTime,
    completionTime,
    steps: containers,
    ...(sidecars.length > 0 && { sidecars: sidecars.map(({ state }) => state) }),
    ...(results.length > 0 && { results: results.map((result) => ({ ...result })) }),
    // The kinds of volumes that only other people's Tasks have are part of it.
    taskSpec: spec as TaskRunStatus['taskSpec'],
  };
}

/** The status when an image cannot be had. Source: checkPodFailed, pkg/reconciler/taskrun/taskrun.go. */
export function notPulled(
  request: TaskRunRequest,
  spec: Spec,
  { container, image, message: why }: ImageNotPulled,
  startTime: string,
  completionTime: string,
): TaskRunStatus {
  const [kind = '', name = ''] = container.split(/-(.*)/su);
  const message = `the ${kind} "${name}" in TaskRun "${request.name}" failed to pull the image "${image}". The pod errored with the message: "${why}."`;
  const condition = { status: 'False', reason: 'TaskRunImagePullFailed', message } as const;
  return {
    conditions: [{ type: 'Succeeded', ...condition, lastTransitionTime: completionTime }],
    podName: podName(request),
    startTime,
    completionTime,
    steps: [],
    taskSpec: spec as TaskRunStatus['taskSpec'],
  };
}

/** Containers of the pod: Tekton adds one that places the entrypoint, and one each for scripts and working directories. */
function containerCount({ steps, sidecars = [] }: Spec): number {
  const scripts = [...steps, ...sidecars].some(({ script }) => script);
  const directories = steps.some(
    ({ workingDir = '/' }) => !workingDir.startsWith('/') || /^\/workspace\/./u.test(workingDir),
  );
  return steps.length + sidecars.length + 1 + Number(scripts) + Number(directories);
}

function stateOfStep(ended: Ended, container: Container<Step>, end: StepEnd | undefined): StepState {
  const { label: name, name: containerName, image } = container;
  const state = { name, container: containerName, imageID: image };
  const { stopped, completionTime, startTime, request, spec } = ended;
  if (stopped !== undefined && (end === undefined || end.reason === 'Cancelled')) {
    const message = `Step ${name} terminated as pod ${podName(request)} is terminated`;
    const startedAt = end?.startedAt ?? startTime;
    const terminated = { exitCode: 1, reason: stopped, startedAt, finishedAt: completionTime, message };
    return { ...state, terminated, terminationReason: stopped };
  }
  if (end === undefined) {
    const terminated = { exitCode: 1, reason: 'Error', startedAt: completionTime, finishedAt: completionTime };
    return { ...state, terminated, terminationReason: 'Skipped' };
  }
  const entries = end.message.read(containerCount(spec));
  const shown = entries.filter(({ type }) => type !== 3);
  const results = resultsOf(entries, 4, container.definition.results ?? []);
  const reason = end.exitCode === 0 ? 'Completed' : 'Error';
  return {
    ...state,
    terminated: {
      exitCode: end.continued ?? end.exitCode,
      reason,
      startedAt: end.startedAt,
      finishedAt: end.finishedAt,
      ...(shown.length > 0 && { message: goJson(shown) }),
    },
    terminationReason: end.reason ?? (end.continued === undefined ? reason : 'Continued'),
    ...(results.length > 0 && { results }),
  };
}

function conditionOf(ended: Ended, problem: string | undefined): Pick<Condition, 'status' | 'reason' | 'message'> {
  const { request, steps, sidecars, stopped } = ended;
  const failure = (reason: string, message: string) => ({ status: 'False', reason, message }) as const;
  if (stopped === 'TaskRunTimeout') {
    const message = `TaskRun "${request.name}" failed to finish within "${goDuration(request.timeoutMs)}"`;
    return failure(stopped, message);
  }
  if (stopped === 'TaskRunCancelled') return failure(stopped, `TaskRun "${request.name}" was cancelled. `);
  if (problem !== undefined) return failure('TaskRunValidationFailed', problem);
  const ignored = request.failureIgnored ? 'FailureIgnored' : undefined;
  const sidecar = sidecars.find(({ failed }) => failed);
  if (sidecar !== undefined)
    return failure(ignored ?? 'SidecarFailed', exited(sidecar.state.container, sidecar.state.terminated?.exitCode));
  const step = steps.find(({ end }) => end === undefined || end.exitCode !== 0);
  if (step !== undefined) {
    const { name } = step.container;
    const message =
      step.end?.reason === 'TimeoutExceeded'
        ? `"${name}" exited because the step exceeded the specified timeout limit`
        : exited(name, step.end?.exitCode);
    return failure(ignored ?? 'StepFailed', message);
  }
  return { status: 'True', reason: 'Succeeded', message: 'All Steps have completed executing' };
}

const exited = (container: string, exitCode = 1) => `"${container}" exited with code ${exitCode}: Error`;
