/** Runs TaskRuns with real processes, for tests. */
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { LogLine, StepState, TaskRunRequest, TaskRunStatus } from '../../src/local/contract.js';
import { runTask } from '../../src/local/task-run/run-task.js';
import type { Spec } from '../../src/local/task-run/task-spec.js';
import { testContext } from '../op/test-context.js';

/** What a TaskRun did. */
export interface TestRun {
  readonly status: TaskRunStatus;
  readonly lines: readonly LogLine[];
  readonly states: readonly StepState[];
  /** The texts that one step printed. */
  readonly printed: (step: string) => readonly string[];
  /** Status, reason and message of its condition. */
  readonly condition: readonly [string, string, string];
}

/** A directory for TaskRuns; disposing of it removes it. */
export async function makeRoom() {
  const path = await mkdtemp(join(await realpath(tmpdir()), 'task-run-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export type Parts = Partial<Omit<TaskRunRequest, 'spec'>> & {
  readonly signal?: AbortSignal;
  readonly path?: string;
};

/** The request for a TaskRun; images that are not said to be something else are this machine. */
export async function requestFor(room: string, spec: Spec, parts: Parts = {}): Promise<TaskRunRequest> {
  const { signal: _signal, path: _path, ...given } = parts;
  return {
    name: 'run',
    taskName: 'task',
    pipelineTask: undefined,
    pipelineRun: undefined,
    namespace: 'default',
    uid: '00000000-0000-0000-0000-000000000000',
    params: {},
    workspaces: {},
    volumes: {},
    timeoutMs: 30_000,
    retryCount: 0,
    directory: await mkdtemp(join(room, 'run-')),
    hostImage: () => ({ entrypoint: ['sh'] }),
    // Tests write what other people's Tasks have.
    spec: spec as TaskRunRequest['spec'],
    ...given,
  };
}

export async function runSpec(room: string, spec: Spec, parts: Parts = {}): Promise<TestRun> {
  const lines: LogLine[] = [];
  const states: StepState[] = [];
  const { context } = testContext({
    env: { PATH: parts.path ?? pathOutsideOfTmp() },
    ...(parts.signal && { signal: parts.signal }),
  });
  const status = await runTask(context, await requestFor(room, spec, parts), {
    line: (line) => lines.push(line),
    step: (state) => states.push(state),
  });
  const [{ status: succeeded, reason, message }] = status.conditions;
  return {
    status,
    lines,
    states,
    printed: (step) => lines.filter((line) => line.step === step).map(({ text }) => text),
    condition: [succeeded, reason, message],
  };
}

/** PATH without programs below `/tmp`, which steps see there: a checkout may be one. */
const pathOutsideOfTmp = () =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => !directory.startsWith('/tmp/'))
    .join(delimiter);

/** A step with a script. */
export const script = (name: string, text: string) => ({ name, image: 'bash', script: text });

/** Waits until a process has ended, or not. */
export async function ends(pid: number, milliseconds = 10_000): Promise<boolean> {
  for (let waited = 0; waited < milliseconds; waited += 50) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    if (stat === undefined || /\) Z/u.test(stat)) return true;
    await new Promise((done) => setTimeout(done, 50));
  }
  return false;
}
