import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRunPlan } from '../../src/local/commands/make-run-plan.js';
import type { LogLine } from '../../src/local/contract.js';
import { executeRun } from '../../src/local/pipeline-run/execute.js';
import type { PipelineRunObject, TaskRunObject } from '../../src/local/pipeline-run/objects.js';
import type { Doors } from '../../src/local/remote/doors.js';
import { filesOf, homeOf } from '../../src/local/runs/home.js';
import { createRun, readRun } from '../../src/local/runs/store.js';
import { runTask } from '../../src/local/task-run/run-task.js';
import { testContext } from '../op/test-context.js';

/** How a run ended. */
export interface LocalRun {
  readonly object: PipelineRunObject;
  readonly taskRuns: readonly TaskRunObject[];
  readonly lines: readonly LogLine[];
  /** Status, reason and message of its condition. */
  readonly condition: readonly [string, string, string];
  /** What a task printed. */
  readonly printed: (task: string) => readonly string[];
  /** Why each task was skipped. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly results: Readonly<Record<string, unknown>>;
}

export interface RunParts {
  /** Doors to the outside, as `op local` has them. */
  readonly doors?: Doors;
  readonly params?: readonly string[];
  readonly workspaces?: readonly string[];
  readonly hostImages?: readonly string[];
  readonly parallel?: number;
  /** Called when a line was printed. */
  readonly onLine?: (line: LogLine, directory: string) => void;
}

/** A directory for runs; disposing of it removes it. */
export async function makeHome() {
  const path = await mkdtemp(join(await realpath(tmpdir()), 'local-run-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Runs a document with real processes. */
export async function runLocally(yaml: string, parts: RunParts = {}): Promise<LocalRun> {
  const { object, taskRuns, lines } = await runDocument(yaml, parts);
  if (object.kind !== 'PipelineRun') throw new Error('use runDocument for a TaskRun');
  const [{ status, reason, message }] = object.status.conditions;
  return {
    object,
    taskRuns,
    lines,
    condition: [status, reason, message],
    printed: (task) => lines.filter((line) => line.task === task).map(({ text }) => text),
    skipped: Object.fromEntries((object.status.skippedTasks ?? []).map((task) => [task.name, task.reason])),
    results: Object.fromEntries((object.status.results ?? []).map(({ name, value }) => [name, value])),
  };
}

/** Runs a document, a TaskRun too; `stored` is the object as it is on disk. */
export async function runDocument(yaml: string, parts: RunParts = {}) {
  await using home = await makeHome();
  const file = join(home.path, 'run.yaml');
  await writeFile(file, yaml);
  const { context } = testContext({ env: { PATH: process.env.PATH, HOME: home.path }, cwd: home.path });
  const request = {
    file: [],
    param: parts.params ?? [],
    workspace: parts.workspaces ?? [],
    labels: [],
    hostImage: parts.hostImages ?? [],
  };
  const { plan } = await makeRunPlan(context, request, [file], parts.doors);
  const where = homeOf(context, home.path);
  const directory = await createRun(where, plan.name);
  await mkdir(filesOf(directory).programs);
  const lines: LogLine[] = [];
  const show = (line: LogLine) => {
    lines.push(line);
    parts.onLine?.(line, directory);
  };
  const parallel = parts.parallel ?? 4;
  const { object } = await executeRun(context, { plan, home: where, directory, parallel, runTask, show, kept: [] });
  const { object: stored, taskRuns } = await readRun(where, plan.name);
  const { taskRuns: below } = filesOf(directory);
  const logs = Object.fromEntries(
    await Promise.all(
      taskRuns.map(async ({ metadata: { name } }) => {
        const own = stored.kind === 'TaskRun' ? directory : join(below, name);
        return [name, await logsIn(join(own, 'logs'))] as const;
      }),
    ),
  );
  return { object, stored, taskRuns, lines, logs };
}

/** The lines of each step, as they are kept for one TaskRun. */
async function logsIn(directory: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const files = await readdir(directory).catch(() => []);
  const read = files.map(async (file) => {
    const text = await readFile(join(directory, file), 'utf8');
    return [file.replace(/\.log$/u, ''), text.split('\n').slice(0, -1)] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** A PipelineTask with one step in a shell. */
export interface ShellTask {
  readonly script: string;
  readonly results?: Readonly<Record<string, 'string' | 'array' | 'object'>>;
  readonly params?: Readonly<Record<string, string>>;
  /** More fields of the PipelineTask. */
  readonly more?: object;
}

const paramSpecs = (params: Readonly<Record<string, string>>, more: object) => {
  const matrix: { params?: readonly { name: string }[] } = 'matrix' in more ? (more.matrix as object) : {};
  return [...Object.keys(params), ...(matrix.params ?? []).map(({ name }) => name)].map((name) => ({
    name,
    type: 'string',
  }));
};

function pipelineTask([name, { script, results = {}, params = {}, more = {} }]: [string, ShellTask]) {
  return {
    name,
    params: Object.entries(params).map(([param, value]) => ({ name: param, value })),
    taskSpec: {
      params: paramSpecs(params, more),
      results: Object.entries(results).map(([result, type]) => ({
        name: result,
        type,
        ...(type === 'object' ? { properties: { a: { type: 'string' }, b: { type: 'string' } } } : {}),
      })),
      steps: [{ name: 'main', image: 'bash', script }],
    },
    ...more,
  };
}

/** A PipelineRun of shell tasks, as JSON, which is YAML. */
export function pipelineRunOf(
  tasks: Readonly<Record<string, ShellTask>>,
  last: Readonly<Record<string, ShellTask>> = {},
  spec: object = {},
  run: object = {},
): string {
  const ends = Object.entries(last).map(pipelineTask);
  return JSON.stringify({
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'run' },
    spec: {
      pipelineSpec: {
        tasks: Object.entries(tasks).map(pipelineTask),
        ...(ends.length === 0 ? {} : { finally: ends }),
        ...spec,
      },
      ...run,
    },
  });
}
