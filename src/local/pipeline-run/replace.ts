import type { WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireParam, WireTaskSpec } from '../../tekton/wire/task.js';
import type { Variables } from '../contract.js';
import { substituteWhen } from '../plan/when.js';
import { substitute, substituteAll, substituteValue } from '../variables/substitute.js';

/** The params with variables replaced in their values. */
export const inParams = (params: readonly WireParam[], variables: Variables): readonly WireParam[] =>
  params.map(({ name, value }) => ({ name, value: substituteValue(value, variables) }));

/** The entries of an object that has a field, with the field changed. */
function change<T extends object, K extends keyof T>(
  owner: T,
  field: K,
  by: (value: NonNullable<T[K]>) => NonNullable<T[K]>,
): T {
  const value = owner[field];
  return value === undefined || value === null ? owner : { ...owner, [field]: by(value) };
}

const without = (prefix: string, variables: Variables): Variables =>
  new Map([...variables].filter(([key]) => !key.startsWith(prefix)));

/**
 * Replaces variables in the fields of a PipelineTask where Tekton does; what is not known stays as text. The spec of an embedded task is
 * not changed. Source: replaceVariablesInPipelineTasks and ApplyTaskResults of apply.go.
 */
export function replaceInTask(task: WirePipelineTask, variables: Variables): WirePipelineTask {
  const text = (value: string) => substitute(value, variables);
  const params = (value: readonly WireParam[]) => inParams(value, variables);
  let next = change(task, 'params', params);
  next = change(next, 'matrix', (matrix) => ({
    ...(matrix.params === undefined ? {} : { params: params(matrix.params) }),
    ...(matrix.include === undefined
      ? {}
      : { include: matrix.include.map((row) => ({ ...row, params: params(row.params) })) }),
  }));
  // Params are those of each TaskRun.
  const known = task.matrix === undefined ? variables : without('params.', variables);
  next = change(next, 'displayName', (value) => substitute(value, known));
  next = change(next, 'workspaces', (bound) => bound.map((workspace) => change(workspace, 'subPath', text)));
  next = change(next, 'when', (when) => substituteWhen(when, variables));
  next = change(next, 'taskRef', (ref) => change(change(ref, 'name', text), 'params', params));
  return change(next, 'onError', text);
}

/** Replaces variables in a spec, in the fields where Tekton does. Source: ApplyReplacements of pkg/reconciler/taskrun/resources/apply.go. */
export function replaceInSpec(spec: WireTaskSpec, variables: Variables): WireTaskSpec {
  const { steps, stepTemplate, sidecars, volumes, workspaces } = spec;
  const replaced = substituteAll({ steps, stepTemplate, sidecars, volumes, workspaces }, variables);
  const present = Object.entries(replaced).filter(([, value]) => value !== undefined);
  return { ...spec, ...Object.fromEntries(present) };
}
