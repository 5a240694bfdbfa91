import { stored } from '../duration.js';
import type { NodeRunSpec, PipelineRunDefinition, RunBinding, RunName, TaskRunDefinition, Timeouts } from '../run.js';
import type { ConfigMapVolume, ObjectMeta, ResourceRequirements, SecretVolume } from '../wire/pod.js';
import type {
  WireContainerSpec,
  WirePipelineRun,
  WireTaskRun,
  WireTaskRunSpec,
  WireWorkspaceBinding,
} from '../wire/run.js';
import { fields, some } from './fields.js';
import { wirePipelineSpec } from './pipeline.js';
import { wireTaskSpec } from './task.js';
import { wireParams } from './value.js';

/** The PipelineRun as an object of the cluster. */
export function wirePipelineRun(run: PipelineRunDefinition): WirePipelineRun {
  const { options, pipeline } = run;
  const template = fields({ serviceAccountName: options.serviceAccountName, podTemplate: options.podTemplate });
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: runMetadata(run.name, options),
    spec: fields<WirePipelineRun['spec']>({
      pipelineRef: options.embed === true ? undefined : { name: pipeline.name },
      params: some(wireParams(options.params)),
      workspaces: some(bindings(options.workspaces)),
      timeouts: lengths(options.timeouts),
      taskRunTemplate: Object.keys(template).length === 0 ? undefined : template,
      taskRunSpecs: some(Object.entries(options.taskRunSpecs ?? {}).map(([node, spec]) => nodeSpec(node, spec))),
      pipelineSpec: options.embed === true ? wirePipelineSpec(pipeline) : undefined,
    }),
  };
}

/** The TaskRun as an object of the cluster. */
export function wireTaskRun(run: TaskRunDefinition): WireTaskRun {
  const { options, task } = run;
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: runMetadata(run.name, options),
    spec: fields<WireTaskRun['spec']>({
      taskRef: options.embed === true ? undefined : { name: task.name, kind: 'Task' },
      params: some(wireParams(options.params)),
      workspaces: some(bindings(options.workspaces)),
      timeout: stored(options.timeout),
      retries: options.retries,
      serviceAccountName: options.serviceAccountName,
      podTemplate: options.podTemplate,
      computeResources: options.computeResources,
      stepSpecs: containerSpecs(options.steps),
      sidecarSpecs: containerSpecs(options.sidecars),
      taskSpec: options.embed === true ? wireTaskSpec(task) : undefined,
    }),
  };
}

function lengths(timeouts: Timeouts | undefined): Timeouts | undefined {
  if (timeouts === undefined) return undefined;
  return fields<Timeouts>({
    pipeline: stored(timeouts.pipeline),
    tasks: stored(timeouts.tasks),
    finally: stored(timeouts.finally),
  });
}

function runMetadata(
  name: RunName,
  options: { readonly labels?: ObjectMeta['labels']; readonly annotations?: ObjectMeta['annotations'] },
): ObjectMeta {
  return fields<ObjectMeta>({
    name: typeof name === 'string' ? name : undefined,
    generateName: typeof name === 'string' ? undefined : name.generateName,
    namespace: undefined,
    labels: options.labels,
    annotations: options.annotations,
  });
}

function nodeSpec(node: string, spec: NodeRunSpec): WireTaskRunSpec {
  const metadata = fields({ labels: spec.labels, annotations: spec.annotations });
  return fields<WireTaskRunSpec>({
    pipelineTaskName: node,
    serviceAccountName: spec.serviceAccountName,
    podTemplate: spec.podTemplate,
    computeResources: spec.computeResources,
    stepSpecs: containerSpecs(spec.steps),
    sidecarSpecs: containerSpecs(spec.sidecars),
    metadata: Object.keys(metadata).length === 0 ? undefined : metadata,
    timeout: stored(spec.timeout),
  });
}

function containerSpecs(
  specs: { readonly [name: string]: ResourceRequirements } | undefined,
): readonly WireContainerSpec[] | undefined {
  return some(Object.entries(specs ?? {}).map(([name, computeResources]) => ({ name, computeResources })));
}

function bindings(given: { readonly [name: string]: RunBinding } | undefined): readonly WireWorkspaceBinding[] {
  return Object.entries(given ?? {})
    .filter(([, binding]) => binding !== undefined)
    .map(([name, binding]) => ({ name, ...source(binding), ...subPath(binding) }));
}

function subPath(binding: RunBinding): { readonly subPath?: string } {
  return 'subPath' in binding && binding.subPath !== undefined ? { subPath: binding.subPath } : {};
}

function source(binding: RunBinding): Omit<WireWorkspaceBinding, 'name' | 'subPath'> {
  if ('persistentVolumeClaim' in binding)
    return { persistentVolumeClaim: { claimName: binding.persistentVolumeClaim } };
  if ('volumeClaimTemplate' in binding) {
    const { storage, accessModes = ['ReadWriteOnce'], storageClassName } = binding.volumeClaimTemplate;
    const resources = { requests: { storage } };
    return { volumeClaimTemplate: { spec: fields({ accessModes, storageClassName, resources }) } };
  }
  if ('emptyDir' in binding) return { emptyDir: binding.emptyDir };
  if ('secret' in binding) {
    const { secret: secretName, items, optional } = binding;
    return { secret: fields<SecretVolume>({ secretName, items, optional, defaultMode: undefined }) };
  }
  if ('configMap' in binding) {
    const { configMap: name, items, optional } = binding;
    return { configMap: fields<ConfigMapVolume>({ name, items, optional, defaultMode: undefined }) };
  }
  if ('projected' in binding) return { projected: { sources: binding.projected } };
  return { csi: binding.csi };
}
