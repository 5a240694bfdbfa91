import * as v from 'valibot';
import { toolError } from '../../kit/errors/op-error.js';
import type { KubeObject } from '../../systems/kubernetes/api.js';

/** Seconds that a Lease holds without being renewed while a command works. */
export const duration = 60;
/** Seconds that it holds between two tasks of one run: until the next one's pod has started. */
export const keptDuration = 900;

/** A Lease as op reads it. */
export interface Lease {
  readonly object: KubeObject;
  /** Empty: nobody holds it. */
  readonly holder: string;
  /** Which cluster the holder runs in; empty when it is not known. */
  readonly cluster: string;
  readonly acquired: Date | undefined;
  readonly renewed: Date | undefined;
  /** Milliseconds. */
  readonly duration: number;
}

/** Says in which cluster the holder's run is to be looked for. */
const clusterAnnotation = 'octopipeline/holder-cluster';
const manager = { 'app.kubernetes.io/managed-by': 'octopipeline' } as const;

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
      leaseDurationSeconds: v.nullish(v.number(), duration),
      leaseTransitions: v.nullish(v.number(), 0),
      acquireTime: time,
      renewTime: time,
    }),
    {},
  ),
});

/** Reads a Lease. @throws OpError (tool) when somebody wrote something else into it */
export function parseLease(object: KubeObject): Lease {
  const { spec } = read(object);
  return {
    object,
    holder: spec.holderIdentity ?? '',
    cluster: object.metadata.annotations?.[clusterAnnotation] ?? '',
    acquired: spec.acquireTime ?? undefined,
    renewed: spec.renewTime ?? undefined,
    duration: (spec.leaseDurationSeconds ?? duration) * 1000,
  };
}

function read(object: KubeObject) {
  const parsed = v.safeParse(shape, object);
  if (parsed.success) return parsed.output;
  throw toolError({
    what: `cannot read Lease ${object.metadata.name}`,
    why: v.summarize(parsed.issues),
    hint: 'delete it if nobody delivers at the moment: it is made again',
  });
}

/** Who takes a Lease. */
export interface Taker {
  readonly holder: string;
  readonly cluster: string;
}

/** A Lease that is not there yet. */
export const newLease = (name: string, taker: Taker, now: Date) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, labels: manager, annotations: { [clusterAnnotation]: taker.cluster } },
  spec: {
    holderIdentity: taker.holder,
    leaseDurationSeconds: duration,
    acquireTime: micro(now),
    renewTime: micro(now),
    leaseTransitions: 0,
  },
});

/** The same Lease for a holder: renewed when it is theirs already, else taken. */
export function taken({ object }: Lease, taker: Taker, now: Date): KubeObject {
  const { spec } = read(object);
  const same = spec.holderIdentity === taker.holder;
  const since = same ? spec.acquireTime : undefined;
  const { annotations, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...annotations, [clusterAnnotation]: taker.cluster } },
    spec: {
      holderIdentity: taker.holder,
      leaseDurationSeconds: duration,
      acquireTime: micro(since ?? now),
      renewTime: micro(now),
      leaseTransitions: (spec.leaseTransitions ?? 0) + (same ? 0 : 1),
    },
  };
}

/** The same Lease held on without a command that renews it. */
export const kept = (lease: Lease, taker: Taker, now: Date): KubeObject =>
  withSpec(taken(lease, taker, now), { leaseDurationSeconds: keptDuration });

/** The same Lease held by nobody. */
export const released = (lease: Lease, now: Date): KubeObject =>
  withSpec(lease.object, { holderIdentity: '', leaseDurationSeconds: 1, renewTime: micro(now) });

const withSpec = (object: KubeObject, spec: object): KubeObject => ({
  ...object,
  spec: { ...(typeof object.spec === 'object' ? object.spec : {}), ...spec },
});

/** MicroTime of Kubernetes takes exactly six digits after the point. */
const micro = (date: Date) => date.toISOString().replace(/(\.\d{3})Z$/u, '$1000Z');
