import { join } from 'node:path';
import type { Context } from '../../op/context.js';
import { refusedError } from '../../op/kit/errors/op-error.js';
import { removeTree } from '../../op/kit/files/remove-tree.js';
import type { Enter, Isolation, LogLine, StepState, TaskRunRequest, TaskRunStatus } from '../contract.js';
import { applyVariables } from './apply-variables.js';
import { ImageNotPulled, makeContainers, rootsOf } from './containers.js';
import { enterContainer } from './enter.js';
import type { Environment } from './environment.js';
import { timestamp } from './go-time.js';
import { createMask, secretValues } from './mask.js';
import { makeRoot } from './own-image.js';
import { markPath } from './pod-paths.js';
import { refusals } from './refusals.js';
import { runStep, type StepEnd, type StepRun } from './run-step.js';
import { findIsolation } from './sandbox.js';
import { startSidecars } from './sidecars.js';
import { notPulled, type Stopped, statusOf } from './status.js';
import { replaceStepResults } from './step-references.js';
import type { Spec } from './task-spec.js';

/** What is told while a TaskRun runs. */
export interface TaskRunEvents {
  readonly line: (line: LogLine) => void;
  /** A step has started or ended. */
  readonly step: (state: StepState) => void;
  /** A step is about to start: it waits until this resolves. The signal is aborted when it shall not start any more. */
  readonly before?: (step: string, enter: Enter, signal: AbortSignal) => Promise<void>;
}

/**
 * Runs one TaskRun on this machine: without a container engine, without root, each step in namespaces of its own where they can be had.
 * A failing step, a timeout and an aborted `context.signal` are statuses. What must be refused is found by `refusals` before.
 * @example
 * const status = await runTask(context, request, { line: ({ step, text }) => console.log(step, text), step: () => {} });
 * @throws OpError when something that the Task needs is not there, before any step starts
 */
export async function runTask(context: Context, given: TaskRunRequest, events: TaskRunEvents): Promise<TaskRunStatus> {
  const request = ofAttempt(given);
  const startTime = timestamp(context.now());
  const stop = new AbortController();
  const outside = AbortSignal.any([context.signal, stop.signal]);
  const inner: Context = { ...context, signal: outside };
  const isolation = request.isolation ?? (await findIsolation(context));
  const spec = applyVariables(request, isolation === 'namespaces' ? (path) => path : markPath);
  refuseUnrunnable(spec, request, isolation);
  const containers = await makeContainers(inner, request, spec, isolation).catch((error: unknown) => {
    if (error instanceof ImageNotPulled && !outside.aborted) return error;
    throw error;
  });
  if (containers instanceof ImageNotPulled)
    return notPulled(request, spec, containers, startTime, timestamp(context.now()));
  const { steps, sidecars: helpers } = containers;
  const forVariables = Object.values(request.secrets ?? {}).map((directory) => ({ directory, secret: true }));
  const bound = [...Object.values(request.workspaces), ...Object.values(request.volumes), ...forVariables];
  const mask = createMask(await secretValues(bound));
  const { line, step: started, before } = events;
  const run: StepRun = { context: inner, request, spec, isolation, mask, line, started, ...(before && { before }) };
  let timedOut = false;
  const timer =
    request.timeoutMs > 0
      ? setTimeout(() => {
          timedOut = true;
          stop.abort(new Error('the time of the TaskRun is up'));
        }, request.timeoutMs)
      : undefined;
  const ends: StepEnd[] = [];
  try {
    await using sidecars = await startSidecars(run, helpers);
    await sidecars.ready();
    for (const container of steps) {
      if (outside.aborted) break;
      const end = await runStep(run, container);
      ends.push(end);
      if (!end.goOn) break;
    }
    const stopped: Stopped | undefined = timedOut ? 'TaskRunTimeout' : outside.aborted ? 'TaskRunCancelled' : undefined;
    clearTimeout(timer);
    const status = statusOf({
      request,
      spec,
      steps: steps.map((container, index) => ({ container, end: ends[index] })),
      sidecars: await sidecars.stop(),
      stopped,
      startTime,
      completionTime: timestamp(context.now()),
    });
    for (const state of status.steps) events.step(state);
    // Those of a TaskRun that failed stay, to be looked at.
    if (status.conditions[0].status === 'True') await removeTree(context, rootsOf(request));
    return status;
  } finally {
    clearTimeout(timer);
  }
}

/** A retry starts with empty directories, as a new pod does; those of the attempts before stay, to be looked at. */
const ofAttempt = (request: TaskRunRequest): TaskRunRequest =>
  request.retryCount === 0
    ? request
    : { ...request, directory: join(request.directory, `retry-${request.retryCount}`) };

/**
 * What opens a program in a step of a TaskRun that has ended, or not yet started: the same files, environment and paths.
 * @example
 * const { program, args, env, cwd } = await enterStep(context, request, 'build', ['sh']);
 * spawn(program, args, { env, cwd, stdio: 'inherit' });
 * @param more variables that only this program gets
 * @returns undefined if there is no such step
 */
export async function enterStep(
  context: Context,
  given: TaskRunRequest,
  step: string,
  command: readonly string[],
  more: Environment = {},
): Promise<Awaited<ReturnType<Enter>> | undefined> {
  const request = ofAttempt(given);
  const isolation = request.isolation ?? (await findIsolation(context));
  const spec = applyVariables(request, isolation === 'namespaces' ? (path) => path : markPath);
  const { steps } = await makeContainers(context, request, spec, isolation);
  const container = steps.find(({ label }) => label === step);
  if (container === undefined) return undefined;
  if (container.own !== undefined) await makeRoot(context, container.own);
  const late = { env: container.env, command: container.command, when: [] };
  const { env } = await replaceStepResults(late, join(request.directory, 'steps'));
  return enterContainer(container, command, { ...more, ...env }, isolation, request.directory);
}

/** Variables have their values now: an image may be one. @throws OpError (refused) */
function refuseUnrunnable(spec: Spec, request: TaskRunRequest, isolation: Isolation): void {
  const { hostImage, fetchImage, fakeOf, store } = request;
  const machine = {
    ...{ isolation, images: fetchImage !== undefined, store },
    ...(hostImage && { hostImage }),
    ...(fakeOf && { fakeOf }),
  };
  const [problem, ...more] = refusals(spec, machine);
  if (problem === undefined) return;
  throw refusedError({
    what: `the TaskRun ${request.name} cannot run on this machine`,
    why: [problem, ...more].map(({ path, what }) => `${path}: ${what}`).join('\n'),
    hint: problem.hint,
  });
}
