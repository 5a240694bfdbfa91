/** The fields of a Task that the typed core does not write, but that other people's Tasks have. */
import type { EnvVar, Projection, VolumeMount } from '../../tekton/wire/pod.js';
import type { WireContainer, WireSidecar, WireStep, WireTaskSpec } from '../../tekton/wire/task.js';

interface NamedSource {
  readonly name: string;
  readonly optional?: boolean;
}

export interface EnvFrom {
  readonly prefix?: string;
  readonly configMapRef?: NamedSource;
  readonly secretRef?: NamedSource;
}

interface More {
  readonly envFrom?: readonly EnvFrom[];
}

export type Step = WireStep & More;

export type Sidecar = WireSidecar & More;

export type Template = WireContainer & More;

/** A volume with the kinds that can be had on this machine; all others are refused. */
export interface TaskVolume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly configMap?: object;
  readonly secret?: object;
  readonly persistentVolumeClaim?: object;
  readonly projected?: { readonly sources?: readonly Projection[] };
}

export type Spec = Omit<WireTaskSpec, 'steps' | 'sidecars' | 'volumes'> & {
  readonly steps: readonly Step[];
  readonly sidecars?: readonly Sidecar[];
  readonly stepTemplate?: Template;
  readonly volumes?: readonly TaskVolume[];
};

/**
 * A step with what it inherits from `stepTemplate`: lists of named things are merged by name (what only the step has comes first), all
 * else is the step's own if it is there. Source: pkg/apis/pipeline/v1/merge.go, a strategic merge of Kubernetes containers.
 */
export function withTemplate(step: Step, template: Template | undefined): Step {
  if (template === undefined) return step;
  return {
    ...template,
    ...step,
    ...mergeBy<EnvVar>('env', step.env, template.env, ({ name }) => name),
    ...mergeBy<VolumeMount>('volumeMounts', step.volumeMounts, template.volumeMounts, ({ mountPath }) => mountPath),
    ...(step.securityContext && { securityContext: { ...template.securityContext, ...step.securityContext } }),
    name: step.name,
  };
}

function mergeBy<Item>(
  field: 'env' | 'volumeMounts',
  own: readonly Item[] = [],
  inherited: readonly Item[] = [],
  key: (item: Item) => string,
): object {
  if (own.length + inherited.length === 0) return {};
  const places = new Map(inherited.map((item, index) => [key(item), index]));
  const names = new Set(own.map(key));
  const left = inherited.filter((item) => !names.has(key(item)));
  const merged: Item[] = [];
  for (const item of own) {
    const place = places.get(key(item)) ?? -1;
    while (left[0] !== undefined && (places.get(key(left[0])) ?? 0) < place) merged.push(...left.splice(0, 1));
    merged.push(item);
  }
  return { [field]: [...merged, ...left] };
}
