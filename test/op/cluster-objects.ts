import { parseFluxObject } from '../../src/op/delivery/flux/parse-flux-object.js';
import { parsePod } from '../../src/op/delivery/watch/read/pod.js';
import { parsePodController } from '../../src/op/delivery/watch/read/pod-controller.js';
import type { FluxPart, FluxState, Snapshot } from '../../src/op/delivery/watch/read/snapshot.js';
import { parseWorkload, workloadKinds } from '../../src/op/delivery/watch/read/workload.js';
import type { Kind, KubeObject } from '../../src/op/systems/kubernetes/api.js';
import { kinds } from '../../src/op/systems/kubernetes/api.js';
import { parseObject } from '../../src/op/systems/kubernetes/object.js';

type Fields = Readonly<Record<string, unknown>>;

/** A container of a template: its image, or several fields. */
export type Given = string | Fields;

export const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`;

let uids = 0;

/** An object as the API server returns it. */
function kubeObject(kind: Kind, name: string, body: Fields, metadata: Fields = {}): KubeObject {
  uids += 1;
  return parseObject(kind, {
    metadata: { name, namespace: 'shop', uid: `uid-${uids}`, resourceVersion: '1', ...metadata },
    ...body,
  });
}

const containers = (images: readonly Given[]) =>
  images.map((image, index) => ({ name: `c${index}`, ...(typeof image === 'string' ? { image } : image) }));

/** A pod template; `init` are init containers. */
export const templateOf = (images: readonly Given[], init: readonly Given[] = []) => ({
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: containers(images),
    initContainers: containers(init).map((one) => ({ ...one, name: `i${one.name.slice(1)}` })),
  },
});

/** The parts of a workload; its rollout is finished by default. */
export interface Play {
  readonly kind?: Kind;
  readonly name?: string;
  readonly template: Fields;
  readonly spec?: Fields;
  readonly status?: Fields;
  readonly generation?: number;
  readonly annotations?: Fields;
}

/** A workload with all its pods available. */
export function workloadObject({
  kind = kinds.deployment,
  name = 'web',
  template,
  spec,
  status,
  generation = 1,
  annotations,
}: Play) {
  const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  const nodes = { desiredNumberScheduled: 1, currentNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1 };
  const pods = kind === kinds.cronJob ? { jobTemplate: { spec: { template } } } : { replicas: 1, template };
  const body = {
    spec: { ...pods, ...spec },
    status: { observedGeneration: generation, ...counts, ...nodes, updateRevision: 'new', ...status },
  };
  return kubeObject(kind, name, body, { generation, ...(annotations === undefined ? {} : { annotations }) });
}

const ownedBy = (owner: KubeObject) => ({
  ownerReferences: [{ kind: String(owner.kind), name: owner.metadata.name, uid: owner.metadata.uid, controller: true }],
});

/** A ReplicaSet or Job, with the hash that its controller adds to the template. @param revision in the history of a Deployment */
export function podControllerObject(
  kind: Kind,
  owner: KubeObject,
  template: Fields,
  status: Fields = {},
  revision?: number,
): KubeObject {
  const labels = { app: 'web', 'pod-template-hash': 'abc' };
  return kubeObject(
    kind,
    `${owner.metadata.name}-1`,
    { spec: { template: { ...template, metadata: { labels } } }, status },
    {
      ...ownedBy(owner),
      ...(revision === undefined ? {} : { annotations: { 'deployment.kubernetes.io/revision': `${revision}` } }),
    },
  );
}

/** The parts of a pod. */
export interface PodPlay {
  readonly name?: string;
  readonly labels?: Fields;
  /** The `imageID` of each container by name, or several fields of its status. */
  readonly containers: Readonly<Record<string, Given>>;
  /** What its template was made of. */
  readonly template?: Fields;
  readonly phase?: string;
  readonly terminating?: boolean;
}

/** A pod that is running and ready. */
export function podObject(
  owner: KubeObject,
  { name = 'web-1-a', labels = {}, containers, template, phase = 'Running', terminating }: PodPlay,
): KubeObject {
  const statuses = Object.entries(containers).map(([container, given]) => ({
    name: container,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: {} },
    ...(typeof given === 'string' ? { imageID: given } : given),
  }));
  const status = {
    phase,
    containerStatuses: statuses.filter((one) => one.name.startsWith('c')),
    initContainerStatuses: statuses.filter((one) => one.name.startsWith('i')),
  };
  const deletion = terminating ? { deletionTimestamp: '2026-11-21T10:00:00Z' } : {};
  const spec = template === undefined ? {} : { spec: template.spec };
  return kubeObject(kinds.pod, name, { ...spec, status }, { labels, ...ownedBy(owner), ...deletion });
}

/** The snapshot of some objects. */
export function snapshotOf(objects: readonly KubeObject[], more: Partial<Snapshot> = {}): Snapshot {
  const of = (kind: Kind) => objects.filter((object) => object.kind === kind.kind);
  return {
    component: 'HelmRelease shop/web',
    flux: undefined,
    workloads: workloadKinds.flatMap((kind) => of(kind).map((object) => parseWorkload(kind, object))),
    podControllers: [...of(kinds.replicaSet), ...of(kinds.job)].map(parsePodController),
    pods: of(kinds.pod).map(parsePod),
    failedCreates: [],
    initialTemplates: new Map(),
    ...more,
  };
}

/** A condition of Flux. */
export const fluxCondition = (type: string, status: string, reason: string, message = '', observedGeneration = 1) => ({
  ...{ type, status, reason, message, observedGeneration },
});

/** A Flux object with a handled request. */
export function fluxPart(
  kind: Kind,
  {
    role = 'component',
    request = { value: 'now', version: '1' },
    name = 'web',
    spec = {},
    status = {},
    metadata = {},
  }: Partial<FluxPart> & {
    readonly name?: string;
    readonly spec?: Fields;
    readonly status?: Fields;
    readonly metadata?: Fields;
  } = {},
): FluxPart {
  const ready = {
    observedGeneration: 1,
    lastHandledReconcileAt: 'now',
    conditions: [fluxCondition('Ready', 'True', 'Succeeded')],
  };
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' };
  const object = kubeObject(
    kind,
    name,
    { spec, status: { ...ready, ...status } },
    { generation: 1, annotations, ...metadata },
  );
  return { role, request, object: parseFluxObject(kind, object) };
}

/** The Flux state of a snapshot. */
export const fluxOf = (parts: readonly FluxPart[], requestPhase: FluxState['requestPhase'] = 'done'): FluxState => ({
  requestPhase,
  parts,
  isGone: false,
  unreadable: [],
});
