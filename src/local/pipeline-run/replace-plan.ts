import type { WirePipelineSpec, WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { Variables } from '../contract.js';
import { propagated } from '../plan/params.js';
import { contextVariables, joinVariables } from '../variables/names.js';
import { paramVariables } from '../variables/substitute.js';
import { replaceInSpec, replaceInTask } from './replace.js';
import type { RunPlan } from './run-plan.js';

/** What is known of a run before its first task; the variables of `uid` stay as text while there is none. */
export function runVariables(
  plan: Pick<RunPlan, 'name' | 'namespace' | 'pipelineName' | 'spec' | 'params' | 'bindings'>,
  uid: string,
): Variables {
  const { name, namespace, spec } = plan;
  const bound = new Map([
    ...(spec.workspaces ?? []).map((workspace) => [`workspaces.${workspace.name}.bound`, 'false'] as const),
    ...plan.bindings.map((binding) => [`workspaces.${binding.name}.bound`, 'true'] as const),
  ]);
  return joinVariables(
    paramVariables(plan.params, 'pipeline'),
    contextVariables({ pipeline: { name: plan.pipelineName }, pipelineRun: { name, namespace, uid } }),
    bound,
  );
}

/** A plan with everything replaced that is known before the first task. Source: ApplyParameters, ApplyContexts, ApplyWorkspaces of apply.go. */
export function replacePlan(plan: RunPlan, uid: string): RunPlan {
  // A TaskRun replaces its own variables.
  if (plan.kind === 'TaskRun') return plan;
  const { spec } = plan;
  const variables = runVariables(plan, uid);
  const all = (tasks: readonly WirePipelineTask[]) => tasks.map((task) => replaceInTask(task, variables));
  const specs = Object.entries(plan.tasks).map(([task, found]) => {
    if (found.taskName !== '') return [task, found] as const;
    const own = [...spec.tasks, ...(spec.finally ?? [])].find((one) => one.name === task)?.params ?? [];
    return [task, { ...found, spec: replaceInSpec(found.spec, propagated(variables, own)) }] as const;
  });
  const replaced: WirePipelineSpec = {
    ...spec,
    tasks: all(spec.tasks),
    ...(spec.finally === undefined ? {} : { finally: all(spec.finally) }),
  };
  return { ...plan, spec: replaced, tasks: Object.fromEntries(specs) };
}
