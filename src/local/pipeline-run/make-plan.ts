import { milliseconds } from '../../tekton/duration.js';
import type { WirePipelineSpec, WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireTaskSpec, WireWorkspace } from '../../tekton/wire/task.js';
import type { LocalPipeline, LocalProblem, LocalTask, Variables } from '../contract.js';
import { dagProblems } from '../plan/dag.js';
import { resultsUsed } from '../plan/expressions.js';
import { propagated as propagatedParams } from '../plan/params.js';
import { type Finder, isFound } from '../remote/find.js';
import type { ReferenceProblem } from '../remote/reference.js';
import { joinVariables } from '../variables/names.js';
import { paramVariables } from '../variables/substitute.js';
import { replaceInSpec, replaceInTask } from './replace.js';
import type { FetchedBy, FoundTask } from './run-plan.js';
import { type FoundStepActions, findStepActions } from './step-actions.js';

/** A PipelineTask, with what its references name; without `actions` there is no Task. */
interface LookedUp {
  readonly task: WirePipelineTask;
  readonly found: LocalTask | undefined;
  readonly problem?: ReferenceProblem;
  /** Its spec, in which params of resolvers have their values. */
  readonly written?: WireTaskSpec;
  readonly actions?: FoundStepActions;
  readonly fetched?: FetchedBy | undefined;
}

/** A Pipeline with its Tasks, or why it cannot run. */
export interface Resolved {
  readonly spec: WirePipelineSpec;
  readonly tasks: Readonly<Record<string, FoundTask>>;
  readonly problems: readonly LocalProblem[];
}

/**
 * Looks up the Task of each PipelineTask, and checks what only both together can tell.
 * @param variables what is known of the run, for the params of resolvers
 */
export async function resolvePipeline(
  pipeline: LocalPipeline,
  bound: ReadonlySet<string>,
  variables: Variables,
  { find }: Pick<Finder, 'find'>,
): Promise<Resolved> {
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
  const trusted = pipeline.refSource === undefined;
  const lookUp = async (task: WirePipelineTask): Promise<LookedUp> => {
    const { taskRef, params = [] } = replaceInTask(task, variables);
    const found = taskRef === undefined ? undefined : await find('Task', taskRef, trusted);
    if (found !== undefined && !isFound(found)) return { task, found: undefined, problem: found };
    const own = found === undefined ? task.taskSpec : found.spec;
    if (own === undefined) return { task, found: undefined };
    const given = paramVariables(Object.fromEntries(params.map(({ name, value }) => [name, value])));
    const written = found === undefined ? replaceInSpec(own, propagatedParams(variables, params)) : own;
    const byDefault = paramVariables(
      Object.fromEntries(
        (own.params ?? []).flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]])),
      ),
    );
    const from = trusted && found?.refSource === undefined;
    // The params of resolvers only: all else is replaced when the run starts.
    const refs = written.steps.map(({ ref }) => ref);
    const steps = own.steps.map((step, index) =>
      step.ref === undefined ? step : { ...step, ref: refs[index] ?? step.ref },
    );
    const taskSpec = { ...own, steps };
    const actions = await findStepActions(taskSpec, joinVariables(byDefault, given), (ref) =>
      find('StepAction', ref, from),
    );
    const fetched =
      taskRef === undefined || found?.refSource === undefined
        ? undefined
        : { ref: taskRef, refSource: found.refSource };
    return { task, found, written: taskSpec, actions, fetched };
  };
  const finish = (field: 'tasks' | 'finally') => (one: LookedUp, index: number) => {
    const { task, found, problem, written, actions, fetched } = one;
    const path = `${root}.${field}[${index}] ${task.name}`;
    if (problem !== undefined) {
      problems.push({ ...problem, path: `${path} > ${['taskRef', problem.path].filter(Boolean).join('.')}` });
      return task;
    }
    if (actions === undefined || written === undefined) {
      problems.push({ path, what: 'there is no Task in it', hint: 'give it a taskRef or a taskSpec' });
      return task;
    }
    const { actions: stepActions, sources: stepSources } = actions;
    const own = found === undefined ? `${path} > taskSpec` : `Task/${found.name}`;
    problems.push(...actions.problems.map((inStep) => ({ ...inStep, path: `${own} > ${inStep.path}` })));
    const whole = found === undefined ? propagated(task, written, bound) : { task, taskSpec: written };
    problems.push(...problemsOf(whole.task, whole.taskSpec, spec.workspaces ?? [], bound, path));
    tasks[task.name] = {
      taskName: found === undefined ? '' : found.name,
      spec: whole.taskSpec,
      actions: stepActions,
      ...(fetched === undefined ? {} : { fetched }),
      ...(Object.keys(stepSources).length === 0 ? {} : { stepSources }),
    };
    return whole.task;
  };
  const all = await Promise.all([...spec.tasks, ...(spec.finally ?? [])].map(lookUp));
  const resolved = {
    ...spec,
    tasks: all.slice(0, spec.tasks.length).map(finish('tasks')),
    ...(spec.finally === undefined ? {} : { finally: all.slice(spec.tasks.length).map(finish('finally')) }),
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
