import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { type Kind, type KubeObject, kinds } from '../../systems/kubernetes/api.js';
import { type Condition, conditionShape } from '../flux/condition.js';
import { type Container, containersOf, podSpecShape } from './container.js';

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob';

/** A workload, as far as a rollout is judged by it. All counts are of pods. */
export interface Workload {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
  /** Stands for the whole pod template: equal ones are the same. */
  readonly template: string;
  readonly generation: number;
  readonly observed: number;
  /** How many there shall be. Of a DaemonSet, how many nodes it fits on. */
  readonly wanted: number;
  /** How many there are, of any template; of the newest template; and available for long enough. */
  readonly total: number;
  readonly updated: number;
  readonly available: number;
  readonly conditions: readonly Condition[];
  /** A Deployment that is paused, a CronJob that is suspended. */
  readonly paused: boolean;
  /** Replaces no pod by itself. */
  readonly onDelete: boolean;
  /** Of a StatefulSet: pods below this number keep their template. */
  readonly partition: number;
  /** Of a StatefulSet: the label of pods of the newest template. Of a DaemonSet: their template's number. */
  readonly newest: string | undefined;
  /** Of a CronJob: whether it ran at all. */
  readonly ran: boolean;
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
const templateNumber = 'deprecated.daemonset.template.generation';
const none = { spec: { containers: [], initContainers: [] } };

/** The kinds of workloads that op looks at. */
export const workloadKinds: readonly Kind[] = [kinds.deployment, kinds.statefulSet, kinds.daemonSet, kinds.cronJob];

/** Reads a workload as the API server gave it. Source: Kubernetes API, apps/v1 and batch/v1. @throws ValiError */
export function parseWorkload(kind: Kind, object: KubeObject): Workload {
  const { spec, status } = v.parse(workloadShape, object);
  const { name, namespace = '', uid, labels = {}, annotations = {}, generation = 0 } = object.metadata;
  const isDaemonSet = kind === kinds.daemonSet;
  const pods = spec.template ?? spec.jobTemplate?.spec.template ?? none;
  return {
    kind: kindOf(kind),
    ...{ name, namespace, uid, labels, generation },
    containers: containersOf(pods.spec),
    template: templateId(rawTemplate(object)),
    // A CronJob has no observedGeneration: its template counts from the next run on.
    observed: kind === kinds.cronJob ? generation : status.observedGeneration,
    wanted: isDaemonSet ? status.desiredNumberScheduled : spec.replicas,
    total: isDaemonSet ? status.currentNumberScheduled : status.replicas,
    updated: isDaemonSet ? status.updatedNumberScheduled : status.updatedReplicas,
    available: isDaemonSet ? status.numberAvailable : status.availableReplicas,
    conditions: status.conditions,
    paused: spec.paused || spec.suspend,
    onDelete: spec.updateStrategy?.type === 'OnDelete',
    partition: spec.updateStrategy?.rollingUpdate?.partition ?? 0,
    newest: isDaemonSet ? annotations[templateNumber] : status.updateRevision,
    ran: Boolean(status.lastScheduleTime),
  };
}

const kindOf = (kind: Kind): WorkloadKind =>
  kind === kinds.deployment
    ? 'Deployment'
    : kind === kinds.statefulSet
      ? 'StatefulSet'
      : kind === kinds.daemonSet
        ? 'DaemonSet'
        : 'CronJob';

/** A ReplicaSet or a Job: what stands between a workload and its pods. */
export interface Generation {
  readonly name: string;
  readonly uid: string;
  readonly owner: string | undefined;
  readonly template: string;
  readonly containers: readonly Container[];
  readonly conditions: readonly Condition[];
}

const generationShape = v.object({
  spec: v.object({ template }),
  status: v.optional(v.object({ conditions: v.optional(v.array(conditionShape), []) }), { conditions: [] }),
});

/** Reads a ReplicaSet or a Job. @throws ValiError */
export function parseGeneration(object: KubeObject): Generation {
  const { spec, status } = v.parse(generationShape, object);
  const { name, uid } = object.metadata;
  return {
    ...{ name, uid },
    owner: controllerOf(object),
    containers: containersOf(spec.template.spec),
    template: templateId(rawTemplate(object)),
    conditions: status.conditions,
  };
}

/** The uid of what made an object. */
export const controllerOf = ({ metadata }: KubeObject) =>
  metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;

const raw = v.looseObject({
  spec: v.looseObject({
    template: v.optional(v.unknown()),
    jobTemplate: v.optional(v.looseObject({ spec: v.looseObject({ template: v.unknown() }) })),
  }),
});

function rawTemplate(object: KubeObject): unknown {
  const { spec } = v.parse(raw, object);
  return spec.template ?? spec.jobTemplate?.spec.template;
}

/** Labels that controllers add to the template for their own use. */
const added = new Set([
  'pod-template-hash',
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
]);

/** A text that equal templates share, whatever the order of their keys; what is empty counts as not there, as for the controllers. */
function templateId(template: unknown): string {
  const canonical = JSON.stringify(template, (key, value: unknown) => {
    if (value === null || added.has(key) || key === 'creationTimestamp') return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) return value;
    const entries = Object.entries(value)
      .filter(([name]) => !added.has(name))
      .sort(([one], [other]) => (one < other ? -1 : 1));
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  });
  return createHash('sha256')
    .update(canonical ?? '')
    .digest('hex');
}
