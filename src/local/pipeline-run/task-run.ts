import { Interrupted } from '../../op/kit/errors/op-error.js';
import type { Condition, TaskRunRequest, TaskRunStatus } from '../contract.js';
import { goDuration, timestamp } from '../task-run/go-time.js';
import type { TaskRunObject, TaskRunState } from './objects.js';
import type { StartedRun } from './task-state.js';

/** Runs the steps of one TaskRun once. */
export type RunSteps = (request: TaskRunRequest, signal: AbortSignal) => Promise<TaskRunStatus>;

/** Lets a bounded number of TaskRuns work at a time. */
export type Slots = <Value>(signal: AbortSignal, work: () => Promise<Value>) => Promise<Value>;

export function slots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();
  const wakeNext = () => {
    const [next] = waiting;
    if (free > 0) next?.();
  };
  const turn = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  return async (signal, work) => {
    while (free === 0 && !signal.aborted) await turn(signal);
    if (signal.aborted) wakeNext();
    signal.throwIfAborted();
    free--;
    try {
      return await work();
    } finally {
      free++;
      wakeNext();
    }
  };
}

const cancelledBecause = {
  cancel: 'TaskRun cancelled as the PipelineRun it belongs to has been cancelled.',
  timeout: 'TaskRun cancelled as the PipelineRun it belongs to has timed out.',
} as const;

/** The first condition of a TaskRun. */
const pending = (now: Date): Condition => ({
  type: 'Succeeded',
  status: 'Unknown',
  reason: 'Pending',
  message: 'waits for another TaskRun to end',
  lastTransitionTime: timestamp(now),
});

interface Work {
  readonly run: StartedRun;
  readonly request: TaskRunRequest;
  readonly retries: number;
  readonly slots: Slots;
  readonly steps: RunSteps;
  readonly now: () => Date;
  readonly changed: () => void;
}

/** Runs a TaskRun to its end, again as often as `retries` says. Its object always has the newest status. */
export async function runToEnd(work: Work): Promise<void> {
  const { run, request, retries } = work;
  const { signal } = run.stop;
  const failed: TaskRunStatus[] = [];
  for (let attempt = 0; ; attempt++) {
    const status = await attemptOnce(work, attempt);
    const again = status.conditions[0].status === 'False' && attempt < retries && !signal.aborted;
    if (!again) {
      set(work, { ...status, ...archive(failed) });
      return;
    }
    failed.push(status);
    const { steps: _steps, results: _results, completionTime: _end, startTime: _start, ...left } = status;
    const [{ message }] = status.conditions;
    const condition = { ...pending(work.now()), reason: 'ToBeRetried', message };
    set(work, { ...left, podName: '', conditions: [condition], taskSpec: request.spec, ...archive(failed) });
  }
}

const archive = (failed: readonly TaskRunStatus[]) => (failed.length === 0 ? {} : { retriesStatus: [...failed] });

async function attemptOnce(work: Work, attempt: number): Promise<TaskRunStatus> {
  const { run, request, now } = work;
  const { signal } = run.stop;
  const startTime = timestamp(now());
  const ended = (reason: string, message: string): TaskRunStatus => ({
    conditions: [{ type: 'Succeeded', status: 'False', reason, message, lastTransitionTime: timestamp(now()) }],
    podName: '',
    startTime,
    completionTime: timestamp(now()),
    steps: [],
    taskSpec: request.spec,
  });
  let status: TaskRunStatus;
  try {
    status = await work.slots(signal, () => {
      const condition = {
        ...pending(now()),
        reason: 'Running',
        message: 'Not all Steps in the Task have finished executing',
      };
      set(work, { ...run.object.status, conditions: [condition], startTime: timestamp(now()) });
      return work.steps({ ...request, retryCount: attempt }, signal);
    });
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    status = ended('TaskRunCancelled', '');
  }
  if (!signal.aborted || status.conditions[0].status === 'True') return status;
  const why = thrownBy(signal) ?? cancelledBecause[run.stoppedBy ?? 'cancel'];
  const [{ lastTransitionTime }] = status.conditions;
  const message = `TaskRun "${request.name}" was cancelled. ${why}`;
  run.object = { ...run.object, spec: { ...run.object.spec, status: 'TaskRunCancelled', statusMessage: why } };
  return {
    ...status,
    conditions: [{ type: 'Succeeded', status: 'False', reason: 'TaskRunCancelled', message, lastTransitionTime }],
  };
}

/** A TaskRun of its own that op was told to stop. */
const thrownBy = ({ reason }: AbortSignal) => (reason instanceof Interrupted ? reason.message : undefined);

function set({ run, changed }: Work, status: TaskRunState): void {
  run.object = { ...run.object, status };
  changed();
}

/** The object of a TaskRun that has not started. */
export function newTaskRun(parts: Pick<TaskRunObject, 'metadata' | 'spec'>, now: Date): TaskRunObject {
  return { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', ...parts, status: { conditions: [pending(now)] } };
}

/** `spec.timeout` of a TaskRun. */
export const timeoutOf = (milliseconds: number): string => goDuration(milliseconds);
