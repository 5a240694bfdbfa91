import { written } from '../reference.js';
import type { StepActionDefinition } from '../step.js';
import type { TaskDefinition } from '../task.js';
import type { ObjectMeta } from '../wire/pod.js';
import type { WireStepAction, WireTask, WireTaskSpec } from '../wire/task.js';
import { paramSpecs, resultSpecs, workspaceSpecs } from './declare.js';
import { fields, some } from './fields.js';
import { bodyOf, scriptOf, wireContainer, wireSidecar, wireStep } from './step.js';

/** The Task as an object of the cluster. */
export function wireTask(task: TaskDefinition): WireTask {
  return { apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: metadataOf(task), spec: wireTaskSpec(task) };
}

/** The spec of a Task, by itself or inside a Pipeline. */
export function wireTaskSpec(task: TaskDefinition): WireTaskSpec {
  return fields<WireTaskSpec>({
    displayName: task.displayName,
    description: task.description,
    params: some(paramSpecs(task.params)),
    results: some(resultSpecs(task.results, task.resultValues)),
    workspaces: some(workspaceSpecs(task.workspaces)),
    volumes: some(task.volumes),
    stepTemplate: task.stepTemplate === undefined ? undefined : wireContainer(task.stepTemplate),
    sidecars: some(task.sidecars.map(wireSidecar)),
    steps: task.steps.map(wireStep),
  });
}

/** The StepAction as an object of the cluster. */
export function wireStepAction(action: StepActionDefinition): WireStepAction {
  const { body } = action;
  const container = wireContainer(body, scriptOf(body.script));
  return {
    apiVersion: 'tekton.dev/v1beta1',
    kind: 'StepAction',
    metadata: metadataOf(action),
    spec: fields<WireStepAction['spec']>({
      description: action.description,
      params: some(paramSpecs(action.params)),
      results: some(resultSpecs(action.results)),
      image: container.image,
      workingDir: container.workingDir,
      command: body.command?.map(written),
      args: some(body.args?.map(written)),
      env: container.env,
      script: bodyOf(body.script),
      volumeMounts: container.volumeMounts,
      securityContext: container.securityContext,
    }),
  };
}

/** Name, labels and annotations. */
export function metadataOf(definition: {
  readonly name: string;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
}): ObjectMeta {
  return fields<ObjectMeta>({
    name: definition.name,
    generateName: undefined,
    namespace: undefined,
    labels: definition.labels,
    annotations: definition.annotations,
  });
}
