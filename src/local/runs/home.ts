import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Context } from '../../op/context.js';

/** Where runs are kept. Source of the default: XDG Base Directory Specification, which ignores relative paths. */
export interface Home {
  readonly root: string;
  /** One directory for each run. */
  readonly runs: string;
  /** What `claimName` binds: directories that stay, one for each claim. */
  readonly claims: string;
  /** Where steps of octopipeline keep image info and locks if no other directory is named. */
  readonly store: string;
}

/** @param state the value of `--state`; empty for the default */
export function homeOf({ env, cwd }: Pick<Context, 'env' | 'cwd'>, state: string | undefined): Home {
  const given = env.XDG_STATE_HOME ?? '';
  const byDefault = join(isAbsolute(given) ? given : join(env.HOME || homedir(), '.local/state'), 'octopipeline');
  const root = state ? resolve(cwd, state) : byDefault;
  return { root, runs: join(root, 'runs'), claims: join(root, 'claims'), store: join(root, 'store') };
}

/** The files of a run. */
export const filesOf = (directory: string) => ({
  pipelineRun: join(directory, 'pipelinerun.yaml'),
  /** Of a run that is a TaskRun; those of a PipelineRun are in `taskruns`. */
  taskRun: join(directory, 'taskrun.yaml'),
  taskRuns: join(directory, 'taskruns'),
  /** What the steps of a TaskRun are started with, for `op local shell`. */
  given: join(directory, 'given.json'),
  /** What was asked for: the documents and the bindings, for `rerun`. */
  request: join(directory, 'request.json'),
  /** The process that executes the run. */
  executor: join(directory, 'executor.json'),
  /** Every line that was printed, in order. */
  output: join(directory, 'output.log'),
  /** Written by `op local cancel`: the `spec.status` that the run gets. */
  cancel: join(directory, 'cancel'),
  workspaces: join(directory, 'workspaces'),
  programs: join(directory, 'bin'),
});
