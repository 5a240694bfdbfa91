import type { WirePipelineSpec, WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { Variables } from '../contract.js';
import { propagated } from '../plan/params.js';
import { contextVariables, joinVariables } from '../variables/names.js';
import { paramVariables } from '../variables/substitute.js';
import { replaceInSpec, replaceInTask } from './replace.js';
import type { RunPlan } from './run-plan.js';

type Run = Pick<RunPlan, 'name' | 'namespace' | 'pipelineName' | 'spec' | 'params' | 'bindings'>;

/** What is known of a run before its first task; the variables of `uid` stay as text while there is none. */
export const runVariables = (plan: Run, uid: string): Variables => joinVariables(...passes(plan, uid));

function passes(plan: Run, uid: string): readonly Variables[] {
  const { name, namespace, spec } = plan;
  const bound = new Map([
    ...(spec.workspaces ?? []).map((workspace) => [`workspaces.${workspace.name}.bound`, 'false'] as const),
    ...plan.bindings.map((binding) => [`workspaces.${binding.name}.bound`, 'true'] as const),
  ]);
  return [
    paramVariables(plan.params, 'pipeline'),
    contextVariables({ pipeline: { name: plan.pipelineName || name }, pipelineRun: { name, namespace, uid } }),
    bound,
  ];
}

/** A plan with everything replaced that is known before the first task. Source: ApplyParameters, ApplyContexts, ApplyWorkspaces of apply.go. */
export function replacePlan(plan: RunPlan, uid: string): RunPlan {
  // A TaskRun replaces its own variables. The others, one after the other: a param may hold a variable of the context.
  return plan.kind === 'TaskRun' ? plan : passes(plan, uid).reduce(replaceAll, plan);
}

/** Source: replaceVariablesInPipelineTasks of apply.go. */
function replaceAll(plan: RunPlan, variables: Variables): RunPlan {
  const { spec } = plan;
  const all = (tasks: readonly WirePipelineTask[]) => tasks.map((task) => replaceInTask(task, variables));
  const replaced: WirePipelineSpec = {
    ...spec,
    tasks: all(spec.tasks),
    ...(spec.finally === undefined ? {} : { finally: all(spec.finally) }),
  };
  const params = new Map([...replaced.tasks, ...(replaced.finally ?? [])].map((task) => [task.name, task.params]));
  const specs = Object.entries(plan.tasks).map(([task, found]) => {
    if (found.taskName !== '') return [task, found] as const;
    return [
      task,
      { ...found, spec: replaceInSpec(found.spec, propagated(variables, params.get(task) ?? [])) },
    ] as const;
  });
  return { ...plan, spec: replaced, tasks: Object.fromEntries(specs) };
}
