/** What Tekton's SetDefaults fills in, with the settings of a default install (60 minutes, service account `default`, resolver none). */
import { inside } from './convert.js';
import { isObject, type JsonObject } from './parse.js';

export function withDefaults(kind: string, spec: JsonObject): JsonObject {
  switch (kind) {
    case 'Task':
      return taskSpec(spec);
    case 'StepAction':
      return inside(spec, { params: param, results: result });
    case 'Pipeline':
      return pipelineSpec(spec);
    case 'TaskRun':
      return { ...withAccount(inside(spec, { taskSpec, taskRef })), timeout: spec.timeout ?? '1h0m0s' };
    case 'PipelineRun':
      return {
        ...inside(spec, { pipelineSpec }),
        timeouts: { pipeline: '1h0m0s', ...(isObject(spec.timeouts) ? spec.timeouts : {}) },
        taskRunTemplate: withAccount(isObject(spec.taskRunTemplate) ? spec.taskRunTemplate : {}),
      };
    default:
      return spec;
  }
}

function taskSpec(spec: JsonObject): JsonObject {
  return inside(spec, { params: param, results: result });
}

function pipelineSpec(spec: JsonObject): JsonObject {
  const task = (one: JsonObject) => inside(withoutEmptyMatrix(one), { taskSpec, taskRef });
  return inside(spec, { params: param, tasks: task, finally: task });
}

/** A task with it runs once, as without. Source: IsMatrixed of pipeline_types.go. */
function withoutEmptyMatrix({ matrix, ...task }: JsonObject): JsonObject {
  const empty =
    isObject(matrix) && [matrix.params, matrix.include].every((one) => !Array.isArray(one) || one.length === 0);
  return matrix === undefined || empty ? task : { ...task, matrix };
}

function withAccount(spec: JsonObject): JsonObject {
  return { ...spec, serviceAccountName: spec.serviceAccountName || 'default' };
}

/** A Task is meant unless a kind or a resolver is named. */
function taskRef(ref: JsonObject): JsonObject {
  return !ref.kind && !ref.resolver ? { ...ref, kind: 'Task' } : ref;
}

function param(spec: JsonObject): JsonObject {
  return { ...properties(spec), type: spec.type || typeOf(spec) };
}

function result(spec: JsonObject): JsonObject {
  return { ...properties(spec), type: spec.type || (spec.properties === undefined ? 'string' : 'object') };
}

function typeOf(spec: JsonObject): string {
  if (spec.properties !== undefined || isObject(spec.default)) return 'object';
  return Array.isArray(spec.default) ? 'array' : 'string';
}

function properties(spec: JsonObject): JsonObject {
  if (!isObject(spec.properties)) return spec;
  const typed = Object.entries(spec.properties).map(([key, property]) => [
    key,
    isObject(property) ? { type: 'string', ...property } : property,
  ]);
  return { ...spec, properties: Object.fromEntries(typed) };
}
