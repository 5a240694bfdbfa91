import * as v from 'valibot';
import { toolError } from '../../kit/errors/op-error.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { type FoundLock, type Lock, type LockState, leaseSeconds } from '../hold/lock.js';

/** The cluster that has the holder's run. */
const clusterAnnotation = 'octopipeline/holder-cluster';
const manager = { 'app.kubernetes.io/managed-by': 'octopipeline' } as const;

/** A lock that is a Lease of this name in the namespace of the API. */
export function leaseIn(api: KubernetesApi, name: string): Lock {
  const { namespace } = api;
  // What is replaced is the object that was read, with all that others added to it.
  const objects = new WeakMap<FoundLock, KubeObject>();
  const understand = (object: KubeObject): FoundLock => {
    const found = parseLease(object);
    objects.set(found, object);
    return found;
  };
  return {
    title: `Lease ${name}`,
    place: `in namespace ${namespace}`,
    removal: api.typed(`kubectl delete lease ${name} --namespace ${namespace}`),
    now: api.now,
    sharedClock: true,
    read: async () => {
      const object = await api.get(kinds.lease, name);
      return object && understand(object);
    },
    create: async (state) => {
      const created = await api.create(kinds.lease, newLease(name, state));
      return created === 'conflict' ? created : 'done';
    },
    replace: async (found, state) => {
      const object = objects.get(found);
      if (object === undefined) throw new Error(`Lease ${name} was not read here`);
      const replaced = await api.replace(kinds.lease, withState(object, state));
      return replaced === 'conflict' || replaced === 'gone' ? 'conflict' : 'done';
    },
    follow: (onState) =>
      api.follow(kinds.lease, { fieldSelector: `metadata.name=${name}` }, (found) => {
        const [object] = found.values();
        onState(object && understand(object));
      }),
    within: (context) => leaseIn(api.within(context), name),
  };
}

const time = v.nullish(
  v.pipe(
    v.string(),
    v.transform((text) => new Date(text)),
  ),
);
/** Source: the API reference of Kubernetes, LeaseSpec v1. */
const shape = v.object({
  spec: v.optional(
    v.object({
      holderIdentity: v.nullish(v.string(), ''),
      leaseDurationSeconds: v.nullish(v.number(), leaseSeconds),
      leaseTransitions: v.nullish(v.number(), 0),
      acquireTime: time,
      renewTime: time,
    }),
    {},
  ),
});

/** Parses a Lease. @throws OpError (tool) when its spec is invalid */
function parseLease(object: KubeObject): FoundLock {
  const parsed = v.safeParse(shape, object);
  if (!parsed.success) {
    throw toolError({
      what: `Lease ${object.metadata.name} is invalid`,
      why: v.summarize(parsed.issues),
      hint: 'delete it when no delivery is running: op creates it again',
    });
  }
  const { spec } = parsed.output;
  const { annotations, uid, resourceVersion } = object.metadata;
  return {
    holder: spec.holderIdentity ?? '',
    cluster: annotations?.[clusterAnnotation] ?? '',
    acquired: spec.acquireTime ?? undefined,
    renewed: spec.renewTime ?? undefined,
    seconds: spec.leaseDurationSeconds ?? leaseSeconds,
    transitions: spec.leaseTransitions ?? 0,
    version: `${uid} ${resourceVersion}`,
  };
}

/** A Lease that does not exist yet. */
const newLease = (name: string, state: LockState) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, labels: manager, annotations: { [clusterAnnotation]: state.cluster } },
  spec: specOf(state),
});

function withState(object: KubeObject, state: LockState): KubeObject {
  const { annotations, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...annotations, [clusterAnnotation]: state.cluster } },
    spec: specOf(state),
  };
}

const specOf = ({ holder, seconds, acquired, renewed, transitions }: LockState) => ({
  holderIdentity: holder,
  leaseDurationSeconds: seconds,
  ...(acquired === undefined ? {} : { acquireTime: micro(acquired) }),
  ...(renewed === undefined ? {} : { renewTime: micro(renewed) }),
  leaseTransitions: transitions,
});

/** MicroTime of Kubernetes needs exactly six digits after the point. */
const micro = (date: Date) => date.toISOString().replace(/(\.\d{3})Z$/u, '$1000Z');
