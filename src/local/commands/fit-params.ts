import { inputError } from '../../op/kit/errors/op-error.js';
import type { ParamValues } from '../contract.js';
import { toParams } from '../pipeline-run/describe.js';
import { pipelineIndexRefused } from '../plan/array-index.js';
import { pipelineParams, pipelineParamsRefused, taskParamsRefused } from '../plan/params.js';
import type { Wanted } from './describe-target.js';

/** The params of a TaskRun. @throws OpError (input) */
export function fitTaskParams({ declared, name, pipeline }: Wanted, given: ParamValues): ParamValues {
  const [task] = pipeline.spec.tasks;
  const refusal = taskParamsRefused(task?.taskRef?.name ?? '', declared, toParams(given));
  if (refusal !== undefined) throw unfit(name, declared, given, refusal.message);
  return given;
}

/** @throws OpError (input) for params that are missing or of another type */
export function fitPipelineParams({ declared, name, pipelineName, pipeline }: Wanted, given: ParamValues): ParamValues {
  const run = { name, namespace: 'default', pipeline: pipelineName };
  const resolved = pipelineParams(declared, given, pipelineName || name);
  const refusal =
    pipelineParamsRefused(run, declared, toParams(given)) ??
    pipelineIndexRefused(run, pipeline.spec, toParams(given)) ??
    ('refused' in resolved ? resolved.refused : undefined);
  if (refusal === undefined && 'values' in resolved) return resolved.values;
  throw unfit(pipelineName || name, declared, given, refusal?.message ?? '');
}

function unfit(name: string, declared: Wanted['declared'], given: ParamValues, why: string) {
  const missing = declared.filter((spec) => spec.default === undefined && given[spec.name] === undefined);
  return inputError({
    what: `${name} cannot run with these params`,
    why,
    hint:
      missing.length === 0 ? 'correct the params' : `add ${missing.map((spec) => `-p ${spec.name}=VALUE`).join(' ')}`,
  });
}
