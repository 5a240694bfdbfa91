/** `tekton.dev/v1beta1` to `v1`, as Tekton's ConvertTo does it. What v1 has no place for was refused before (`refused.ts`). */
import { isObject, type Json, type JsonObject } from './parse.js';

export function toV1(kind: string, spec: JsonObject): JsonObject {
  switch (kind) {
    case 'Task':
      return taskSpec(spec);
    case 'Pipeline':
      return pipelineSpec(spec);
    case 'TaskRun':
      return inside(overrides(spec), { taskSpec });
    case 'PipelineRun':
      return pipelineRunSpec(spec);
    default:
      return spec;
  }
}

function taskSpec(spec: JsonObject): JsonObject {
  const container = renamed({ resources: 'computeResources' });
  return inside(spec, { steps: container, sidecars: container, stepTemplate: container });
}

function pipelineSpec(spec: JsonObject): JsonObject {
  const task = (one: JsonObject) => inside(one, { taskSpec });
  return inside(spec, { tasks: task, finally: task });
}

function pipelineRunSpec(spec: JsonObject): JsonObject {
  const { timeout, serviceAccountName, podTemplate, ...rest } = spec;
  return {
    ...inside(rest, { pipelineSpec, taskRunSpecs: taskRunSpec }),
    ...(timeout === undefined ? {} : { timeouts: { pipeline: timeout } }),
    ...(serviceAccountName === undefined && podTemplate === undefined
      ? {}
      : { taskRunTemplate: withoutUndefined({ serviceAccountName, podTemplate }) }),
  };
}

function taskRunSpec(spec: JsonObject): JsonObject {
  return renamed({ taskServiceAccountName: 'serviceAccountName', taskPodTemplate: 'podTemplate' })(overrides(spec));
}

function overrides(spec: JsonObject): JsonObject {
  const container = renamed({ resources: 'computeResources' });
  return renamed({ stepOverrides: 'stepSpecs', sidecarOverrides: 'sidecarSpecs' })(
    inside(spec, { stepOverrides: container, sidecarOverrides: container }),
  );
}

/** Applies a change to the object, or to each object of the list, in some fields. */
export function inside(
  value: JsonObject,
  changes: Readonly<Record<string, (value: JsonObject) => JsonObject>>,
): JsonObject {
  const apply = (item: Json, change: (value: JsonObject) => JsonObject): Json => {
    if (Array.isArray(item)) return item.map((one: Json) => apply(one, change));
    return isObject(item) ? change(item) : item;
  };
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const change = Object.hasOwn(changes, key) ? changes[key] : undefined;
      return [key, change === undefined ? item : apply(item, change)];
    }),
  );
}

function renamed(names: Readonly<Record<string, string>>): (value: JsonObject) => JsonObject {
  return (value) =>
    Object.fromEntries(
      Object.entries(value).map(([key, item]) => [(Object.hasOwn(names, key) ? names[key] : undefined) ?? key, item]),
    );
}

function withoutUndefined(value: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, item]])));
}
