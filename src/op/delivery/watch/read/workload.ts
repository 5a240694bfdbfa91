import * as v from 'valibot';
import { type Kind, type KubeObject, kinds } from '../../../systems/kubernetes/api.js';
import { type Condition, conditionShape } from '../../flux/condition.js';
import { type Container, containersOf, podSpecShape } from './container.js';
import { podTemplateHash } from './pod-template.js';

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob';

/** The fields of a workload that its rollout is judged by. All counts are of pods. */
export interface Workload {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
  readonly templateHash: string;
  readonly generation: number;
  readonly observedGeneration: number;
  /** How many pods it should have. For a DaemonSet: the number of nodes that it is scheduled to. */
  readonly desired: number;
  /** How many pods it has, of any template; of the newest template; and available for long enough. */
  readonly total: number;
  readonly updated: number;
  readonly available: number;
  readonly conditions: readonly Condition[];
  /** A paused Deployment or a suspended CronJob. */
  readonly paused: boolean;
  /** Its update strategy is OnDelete: it does not replace pods. */
  readonly onDelete: boolean;
  /** For a StatefulSet: pods with a lower ordinal keep their template. */
  readonly partition: number;
  /** How the labels of pods name the newest template: the revision of a StatefulSet, the template generation of a DaemonSet. */
  readonly newestRevision: string | undefined;
  /** For a CronJob: whether it has ever run. */
  readonly hasRun: boolean;
}

const count = v.optional(v.number(), 0);
const template = v.looseObject({ spec: podSpecShape });
const spec = v.object({
  replicas: v.optional(v.number(), 1),
  paused: v.optional(v.boolean(), false),
  suspend: v.optional(v.boolean(), false),
  template: v.optional(template),
  jobTemplate: v.optional(v.object({ spec: v.object({ template }) })),
  updateStrategy: v.optional(
    v.object({ type: v.optional(v.string()), rollingUpdate: v.optional(v.object({ partition: count })) }),
  ),
});
const status = v.object({
  observedGeneration: count,
  replicas: count,
  updatedReplicas: count,
  availableReplicas: count,
  currentNumberScheduled: count,
  desiredNumberScheduled: count,
  updatedNumberScheduled: count,
  numberAvailable: count,
  updateRevision: v.optional(v.string()),
  lastScheduleTime: v.optional(v.nullable(v.string())),
  conditions: v.optional(v.array(conditionShape), []),
});
const workloadShape = v.object({ spec, status: v.optional(status, {}) });

/** The annotation that a DaemonSet numbers its templates with; its pods have the label `pod-template-generation`. */
const templateGeneration = 'deprecated.daemonset.template.generation';
const noTemplate = { spec: { containers: [], initContainers: [] } };

/** The workload kinds that are watched. */
export const workloadKinds: readonly Kind[] = [kinds.deployment, kinds.statefulSet, kinds.daemonSet, kinds.cronJob];

/** Reads a workload from the API server. Source: Kubernetes API, apps/v1 and batch/v1. @throws ValiError */
export function parseWorkload(kind: Kind, object: KubeObject): Workload {
  const { spec, status } = v.parse(workloadShape, object);
  const { name, namespace = '', uid, labels = {}, annotations = {}, generation = 0 } = object.metadata;
  const isDaemonSet = kind === kinds.daemonSet;
  const pods = spec.template ?? spec.jobTemplate?.spec.template ?? noTemplate;
  return {
    kind: workloadKindOf(kind),
    ...{ name, namespace, uid, labels, generation },
    containers: containersOf(pods.spec),
    templateHash: podTemplateHash(object),
    // A CronJob has no observedGeneration: its template applies from the next run.
    observedGeneration: kind === kinds.cronJob ? generation : status.observedGeneration,
    desired: isDaemonSet ? status.desiredNumberScheduled : spec.replicas,
    total: isDaemonSet ? status.currentNumberScheduled : status.replicas,
    updated: isDaemonSet ? status.updatedNumberScheduled : status.updatedReplicas,
    available: isDaemonSet ? status.numberAvailable : status.availableReplicas,
    conditions: status.conditions,
    paused: spec.paused || spec.suspend,
    onDelete: spec.updateStrategy?.type === 'OnDelete',
    partition: spec.updateStrategy?.rollingUpdate?.partition ?? 0,
    newestRevision: isDaemonSet ? annotations[templateGeneration] : status.updateRevision,
    hasRun: Boolean(status.lastScheduleTime),
  };
}

const workloadKindOf = (kind: Kind): WorkloadKind =>
  kind === kinds.deployment
    ? 'Deployment'
    : kind === kinds.statefulSet
      ? 'StatefulSet'
      : kind === kinds.daemonSet
        ? 'DaemonSet'
        : 'CronJob';
