import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Context } from '../../op/context.js';
import { OpError } from '../../op/kit/errors/op-error.js';
import { report } from '../../op/kit/errors/report.js';
import { createLog } from '../../op/kit/log/log.js';
import type { Params } from '../../tekton/param.js';
import type { PipelineDefinition } from '../../tekton/pipeline.js';
import type { Results } from '../../tekton/result.js';
import type { TaskDefinition } from '../../tekton/task.js';
import type { WireValue } from '../../tekton/wire/task.js';
import type { Workspaces } from '../../tekton/workspace.js';
import type { LogLine, ParamValues } from '../contract.js';
import { executeRun, type RunTask } from '../pipeline-run/execute.js';
import { filesOf, homeOf } from '../runs/home.js';
import { providePrograms } from '../runs/programs.js';
import { createRun } from '../runs/store.js';
import { runTask } from '../task-run/run-task.js';
import { fakedRequest } from './faked-request.js';
import { type Fakes, fakesOf } from './fakes.js';
import { type Documents, inputOf, type TektonYaml } from './input.js';
import type { OutputValues, ResultValues, RunOptions, TypedRunOptions } from './options.js';
import { planTest } from './plan-test.js';
import { type TestRun, testRun } from './test-run.js';
import { bindWorkspaces, type TestWorkspace } from './workspaces.js';

/**
 * Runs a Pipeline or a Task on this machine, as `op local start` does, with functions for steps whose programs a test does without.
 * Everything between the steps is real: params, results, workspaces, `when`, `finally`, matrix, retries, timeouts.
 * A run that fails is a result. A step without a fake runs, if its image is this machine.
 *
 * @param what a definition of this library, Tekton objects, YAML (a text of several lines), or the path of a file
 * @example
 * const run = await runPipeline(ci, {
 *   params: { url: 'https://git.example.com/shop.git' },
 *   workspaces: { source: { files: {} } },
 *   steps: {
 *     'clone/clone': { results: { commit: 'abc' } },
 *     'test/unit': ({ args }) => ({ exitCode: args.includes('--fast') ? 0 : 1, output: 'tested' }),
 *   },
 * });
 * expect(run.skipped).toEqual({ ship: 'When Expressions evaluated to false' });
 * @throws Error when it cannot run: with every reason, and what to do; and what a fake throws
 */
export function runPipeline<P extends Params, W extends Workspaces, O extends PipelineDefinition['outputs']>(
  what: PipelineDefinition<P, W, O>,
  options: NoInfer<TypedRunOptions<P, W>>,
): Promise<TestRun<OutputValues<O>>>;
export function runPipeline<P extends Params, R extends Results, W extends Workspaces>(
  what: TaskDefinition<P, R, W>,
  options: NoInfer<TypedRunOptions<P, W>>,
): Promise<TestRun<ResultValues<R>>>;
export function runPipeline(what: TektonYaml, options?: RunOptions): Promise<TestRun>;
export async function runPipeline(what: Documents, options: AnyOptions = {}): Promise<TestRun> {
  try {
    return await run(what, options);
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    throw new Error(
      report(error, false)
        .text.trimEnd()
        .replace(/^error: /u, ''),
      { cause: error },
    );
  }
}

/** What all forms of the options have in common. */
interface AnyOptions extends Fakes {
  readonly params?: Readonly<Record<string, WireValue | undefined>>;
  readonly workspaces?: Readonly<Record<string, TestWorkspace | undefined>>;
  readonly documents?: readonly Documents[];
  readonly name?: string;
  readonly cwd?: string;
}

async function run(what: Documents, options: AnyOptions): Promise<TestRun> {
  const { cwd = process.cwd(), documents = [], name, params = {} } = options;
  const room = await mkdtemp(join(await realpath(tmpdir()), 'octopipeline-test-'));
  try {
    const bindings = await bindWorkspaces(options.workspaces ?? {}, cwd, join(room, 'given'));
    const op = findOp();
    const input = await inputOf(what, documents, cwd);
    const { plan, notes } = await planTest(input, { ...options, name, params, bindings, hasOp: op !== undefined });
    const home = homeOf({ env: {}, cwd }, room);
    const directory = await createRun(home, plan.name);
    const files = filesOf(directory);
    await mkdir(files.taskRuns);
    await mkdir(files.programs);
    const PATH =
      op === undefined
        ? process.env.PATH
        : await providePrograms({ env: process.env }, files.programs, [process.execPath, op]);
    const lines: LogLine[] = [];
    const started: { name: string; task: string; params: ParamValues }[] = [];
    const runWithFakes: RunTask = async (context, request, follow) => {
      const task = request.pipelineTask ?? Object.keys(plan.tasks)[0] ?? '';
      if (request.retryCount === 0) started.push({ name: request.name, task, params: request.params });
      return runTask(context, await fakedRequest(request, fakesOf(task, options)), follow);
    };
    const { object, taskRuns } = await executeRun(quietContext(cwd, { ...process.env, PATH, OP_LOCAL: 'true' }), {
      plan,
      home,
      directory,
      parallel: Number.POSITIVE_INFINITY,
      runTask: runWithFakes,
      show: (line) => void lines.push(line),
      kept: [],
    });
    return testRun(object, taskRuns, { lines, started, tasks: Object.keys(plan.tasks), notes });
  } finally {
    await rm(room, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Everything that a run says is in its result. */
function quietContext(cwd: string, env: Context['env']): Context {
  const nothing = () => undefined;
  return {
    env,
    cwd,
    now: () => new Date(),
    out: nothing,
    log: createLog({ write: nothing, tty: false, now: () => new Date(), debug: false, clean: (text) => text }),
    signal: new AbortController().signal,
    debug: false,
    propertiesFile: undefined,
    importModule: (url) => import(url),
  };
}

/** The op of this package, if it is built. */
function findOp(): string | undefined {
  for (let folder = import.meta.dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    if (!existsSync(join(folder, 'package.json'))) continue;
    const op = join(folder, 'lib', 'op.cjs');
    return existsSync(op) ? op : undefined;
  }
  return undefined;
}
