import { type CatalogDocument, whereIs } from './document.js';
import type { Container, PipelineSpec, PipelineTask, TaskSpec } from './objects.js';

/** Any TaskSpec: of a Task, or embedded in a Pipeline or a run. */
export interface PlacedTask {
  readonly where: string;
  readonly spec: TaskSpec;
}

/** A step or sidecar as in its pod: merged with the step template. */
export interface PlacedContainer {
  readonly where: string;
  readonly kind: 'step' | 'sidecar';
  readonly container: Container;
  readonly task: TaskSpec;
}

/** The nodes of a Pipeline, including the final ones, each with its path. */
export function nodesOf(spec: PipelineSpec): { readonly path: string; readonly node: PipelineTask }[] {
  return [
    ...spec.tasks.map((node, index) => ({ path: `tasks[${index}] ${node.name}`, node })),
    ...(spec.finally ?? []).map((node, index) => ({ path: `finally[${index}] ${node.name}`, node })),
  ];
}

/** Every Pipeline: separate ones and those embedded in a PipelineRun. */
export function pipelinesOf(
  documents: readonly CatalogDocument[],
): { readonly where: string; readonly spec: PipelineSpec }[] {
  return documents.flatMap((document) => {
    const { tasks, pipelineSpec, ...rest } = document.object.spec ?? {};
    if (document.object.kind === 'Pipeline')
      return [{ where: whereIs(document), spec: { tasks: tasks ?? [], ...rest } }];
    return pipelineSpec === undefined ? [] : [{ where: `${whereIs(document)} > pipelineSpec`, spec: pipelineSpec }];
  });
}

/** Every TaskSpec of the catalog. */
export function tasksOf(documents: readonly CatalogDocument[]): PlacedTask[] {
  const own = documents.flatMap((document) => {
    const { steps, taskSpec, ...rest } = document.object.spec ?? {};
    if (document.object.kind === 'Task') return [{ where: whereIs(document), spec: { steps: steps ?? [], ...rest } }];
    return taskSpec === undefined ? [] : [{ where: `${whereIs(document)} > taskSpec`, spec: taskSpec }];
  });
  const embedded = pipelinesOf(documents).flatMap(({ where, spec }) =>
    nodesOf(spec).flatMap(({ path, node }) =>
      node.taskSpec === undefined ? [] : [{ where: `${where} > ${path} > taskSpec`, spec: node.taskSpec }],
    ),
  );
  return [...own, ...embedded];
}

/** Every step and sidecar of the catalog, steps merged with their template as Tekton merges them. */
export function containersOf(documents: readonly CatalogDocument[]): PlacedContainer[] {
  return tasksOf(documents).flatMap(({ where, spec: task }) => [
    ...task.steps.map((step, index) => ({
      where: `${where} > steps[${index}] ${step.name ?? ''}`,
      kind: 'step' as const,
      container: merge(task.stepTemplate ?? {}, step),
      task,
    })),
    ...(task.sidecars ?? []).map((container, index) => ({
      where: `${where} > sidecars[${index}] ${container.name ?? ''}`,
      kind: 'sidecar' as const,
      container,
      task,
    })),
  ]);
}

/** Tekton merges a step over its template the way `kubectl patch` does: maps by field, mounts by path, variables by name. */
function merge(template: Container, step: Container): Container {
  const mounts = step.volumeMounts ?? [];
  const variables = step.env ?? [];
  return {
    ...template,
    ...step,
    securityContext: { ...template.securityContext, ...step.securityContext },
    volumeMounts: [
      ...(template.volumeMounts ?? []).filter(({ mountPath }) => !mounts.some((own) => own.mountPath === mountPath)),
      ...mounts,
    ],
    env: [...(template.env ?? []).filter(({ name }) => !variables.some((own) => own.name === name)), ...variables],
    envFrom: [...(template.envFrom ?? []), ...(step.envFrom ?? [])],
  };
}
