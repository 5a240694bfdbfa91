/** Items of arrays that are not there. Source: ValidateOutOfBoundArrayParams, pkg/reconciler/taskrun/resources/validate_params.go. */
import type { WirePipelineSpec } from '../../tekton/wire/pipeline.js';
import type { WireParam, WireParamSpec, WireTaskSpec } from '../../tekton/wire/task.js';
import type { Refused } from './params.js';

const item = /\$\(params(?:\.([_a-zA-Z0-9.-]+)|\[\\?["']([^"'\\]+)\\?["']\])\[(\d+)\]\)/gu;

/** What Tekton says of a Task that refers to items that its arrays do not have. */
export function taskIndexRefused(
  { steps, stepTemplate, sidecars, volumes, workspaces = [], params = [] }: WireTaskSpec,
  given: readonly WireParam[],
): Refused | undefined {
  // Tekton does not look into them.
  const looked = steps.map(({ when: _when, params: _params, ...step }) => step);
  const places = workspaces.map(({ mountPath }) => mountPath);
  const found = outOfBounds([looked, stepTemplate, sidecars, volumes, places], params, given);
  if (found === undefined) return undefined;
  return { reason: 'TaskRunValidationFailed', message: `[User error] ${found}` };
}

/** The same of a Pipeline. */
export function pipelineIndexRefused(
  run: { readonly name: string; readonly namespace: string; readonly pipeline: string },
  { tasks, finally: last = [], params = [] }: WirePipelineSpec,
  given: readonly WireParam[],
): Refused | undefined {
  const looked = [...tasks, ...last].map((task) => [
    task.params,
    task.matrix?.params,
    task.workspaces?.map(({ subPath }) => subPath),
    task.when,
  ]);
  const found = outOfBounds(looked, params, given);
  if (found === undefined) return undefined;
  const message = `[User error] PipelineRun ${run.namespace}/${run.name} failed validation: failed to validate Pipeline ${run.namespace}/${run.pipeline}'s parameter which has an invalid index while referring to an array: ${found}`;
  return { reason: 'ParamArrayIndexingInvalid', message };
}

function outOfBounds(part: unknown, specs: readonly WireParamSpec[], given: readonly WireParam[]): string | undefined {
  const all = [...specs.map(({ name, default: value }) => ({ name, value })), ...given];
  const lengths = new Map(all.flatMap(({ name, value }) => (Array.isArray(value) ? [[name, value.length]] : [])));
  const found = new Set<string>();
  for (const [reference, plain, quoted = '', index] of JSON.stringify(part).matchAll(item)) {
    const length = lengths.get(plain ?? quoted);
    if (length !== undefined && Number(index) >= length) found.add(reference.replaceAll('\\"', '"'));
  }
  return found.size === 0 ? undefined : `non-existent param references:[${[...found].sort().join(' ')}]`;
}
