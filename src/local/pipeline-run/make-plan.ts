import { milliseconds } from '../../tekton/duration.js';
import type { WirePipelineSpec, WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireRef, WireTaskSpec, WireWorkspace } from '../../tekton/wire/task.js';
import type { LocalPipeline, LocalProblem, LocalTask } from '../contract.js';
import type { LocalStepAction } from '../documents/read.js';
import { dagProblems } from '../plan/dag.js';
import { resultsUsed } from '../plan/expressions.js';
import type { FoundTask } from './run-plan.js';
import { withStepActions } from './step-actions.js';

/** Finds the Task of a reference; a problem without a path if there is none. */
export type FindTask = (ref: WireRef) => LocalTask | Omit<LocalProblem, 'path'>;

/** A Pipeline with its Tasks, or why it cannot run. */
export interface Resolved {
  readonly spec: WirePipelineSpec;
  readonly tasks: Readonly<Record<string, FoundTask>>;
  readonly problems: readonly LocalProblem[];
}

/** Looks up the Task of each PipelineTask, and checks what only both together can tell. */
export function resolvePipeline(
  pipeline: LocalPipeline,
  bound: ReadonlySet<string>,
  find: FindTask,
  actions: readonly LocalStepAction[],
): Resolved {
  const problems: LocalProblem[] = [];
  const tasks: Record<string, FoundTask> = {};
  const { spec } = pipeline;
  const root = `Pipeline/${pipeline.name} > spec`;
  for (const { name, optional } of spec.workspaces ?? []) {
    if (optional || bound.has(name)) continue;
    problems.push({
      path: `${root}.workspaces`,
      what: `the workspace ${name} is not bound`,
      hint: `add -w ${name}=DIR, or -w name=${name},volumeClaimTemplate= for a new directory`,
    });
  }
  const resolve = (field: 'tasks' | 'finally') => (task: WirePipelineTask, index: number) => {
    const path = `${root}.${field}[${index}] ${task.name}`;
    const found = task.taskRef === undefined ? undefined : find(task.taskRef);
    if (found !== undefined && !('spec' in found)) {
      problems.push({ path: `${path} > taskRef`, ...found });
      return task;
    }
    const written = found?.spec ?? task.taskSpec;
    if (written === undefined) {
      problems.push({ path, what: 'there is no Task in it', hint: 'give it a taskRef or a taskSpec' });
      return task;
    }
    const { spec: taskSpec, problems: inSteps } = withStepActions(written, actions);
    const own = found === undefined ? `${path} > taskSpec` : `Task/${found.name}`;
    problems.push(...inSteps.map((problem) => ({ ...problem, path: `${own} > ${problem.path}` })));
    const whole = found === undefined ? propagated(task, taskSpec, bound) : { task, taskSpec };
    problems.push(...problemsOf(whole.task, whole.taskSpec, spec.workspaces ?? [], bound, path));
    tasks[task.name] = { taskName: found === undefined ? '' : found.name, spec: whole.taskSpec };
    return whole.task;
  };
  const resolved = {
    ...spec,
    tasks: spec.tasks.map(resolve('tasks')),
    ...(spec.finally === undefined ? {} : { finally: spec.finally.map(resolve('finally')) }),
  };
  problems.push(...badReferences(resolved, tasks, root));
  problems.push(
    ...dagProblems(resolved).map((problem) => ({ ...problem, path: `Pipeline/${pipeline.name} > ${problem.path}` })),
  );
  return { spec: resolved, tasks, problems };
}

/** A workspace that the steps of an embedded spec use needs no mention in the task. Source: propagateWorkspaces of pipelinerun.go. */
function propagated(task: WirePipelineTask, spec: WireTaskSpec, bound: ReadonlySet<string>) {
  const text = JSON.stringify([spec.steps, spec.sidecars, spec.stepTemplate]);
  const used = [...text.matchAll(/\$\(workspaces\.([a-z0-9A-Z_-]+)\./gu)].flatMap(([, name]) => name ?? []);
  const inSteps = [...spec.steps, ...(spec.sidecars ?? [])].flatMap(({ workspaces = [] }) =>
    workspaces.map(({ name }) => name),
  );
  const given = (task.workspaces ?? []).map(({ name }) => name);
  const more = [...new Set([...used, ...inSteps])].filter((name) => !given.includes(name) && bound.has(name));
  if (more.length === 0) return { task, taskSpec: spec };
  const declared = (spec.workspaces ?? []).map(({ name }) => name);
  const missing: readonly WireWorkspace[] = more.filter((name) => !declared.includes(name)).map((name) => ({ name }));
  return {
    task: { ...task, workspaces: [...(task.workspaces ?? []), ...more.map((name) => ({ name }))] },
    taskSpec: { ...spec, workspaces: [...(spec.workspaces ?? []), ...missing] },
  };
}

function problemsOf(
  task: WirePipelineTask,
  spec: WireTaskSpec,
  declared: readonly WireWorkspace[],
  bound: ReadonlySet<string>,
  path: string,
): readonly LocalProblem[] {
  const problems: LocalProblem[] = [];
  const given = new Set(
    [
      ...(task.params ?? []),
      ...(task.matrix?.params ?? []),
      ...(task.matrix?.include ?? []).flatMap(({ params }) => params),
    ].map(({ name }) => name),
  );
  for (const { name, default: byDefault } of spec.params ?? []) {
    if (byDefault !== undefined || given.has(name)) continue;
    problems.push({
      path: `${path} > params`,
      what: `the param ${name} of the Task is missing`,
      hint: `add a param ${name}`,
    });
  }
  const mapped = new Map((task.workspaces ?? []).map(({ name, workspace }) => [name, workspace || name]));
  for (const { name, optional } of spec.workspaces ?? []) {
    const outer = mapped.get(name);
    if (outer !== undefined && bound.has(outer)) continue;
    const known = declared.find((workspace) => workspace.name === outer);
    if (optional || (known !== undefined && !known.optional)) continue;
    problems.push({
      path: `${path} > workspaces`,
      what: `the workspace ${name} of the Task is not bound`,
      hint: outer === undefined ? `map the workspace ${name} to one of the Pipeline` : `add -w ${outer}=DIR`,
    });
  }
  if (task.timeout !== undefined && milliseconds(task.timeout) === undefined) {
    problems.push({
      path: `${path} > timeout`,
      what: `${task.timeout} is not a duration`,
      hint: 'use one such as 1h30m',
    });
  }
  return problems;
}

/** Source: ValidatePipelineTaskResults and ValidatePipelineResults of validate_dependencies.go. */
function badReferences(
  spec: WirePipelineSpec,
  tasks: Readonly<Record<string, FoundTask>>,
  root: string,
): readonly LocalProblem[] {
  return [...spec.tasks, ...(spec.finally ?? [])].flatMap((task) =>
    resultsUsed(task).flatMap(({ task: producer, result }): LocalProblem[] => {
      const found = tasks[producer];
      const declared = (found?.spec.results ?? []).map(({ name }) => name);
      if (found === undefined || declared.includes(result)) return [];
      return [
        {
          path: `${root} > ${task.name}`,
          what: `${producer} has no result ${result}`,
          hint: declared.length === 0 ? 'its Task declares no results' : `its results are ${declared.join(', ')}`,
        },
      ];
    }),
  );
}
