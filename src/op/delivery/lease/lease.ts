import * as v from 'valibot';
import { toolError } from '../../kit/errors/op-error.js';
import type { KubeObject } from '../../systems/kubernetes/api.js';

/** Seconds that a Lease lasts without renewal while a command works. */
export const leaseSeconds = 60;
/** Seconds that it lasts between two tasks of one run: until the pod of the next task has started. */
export const keptSeconds = 900;

/** A Lease as op reads it. */
export interface Lease {
  readonly object: KubeObject;
  /** Empty: free. */
  readonly holder: string;
  /** The cluster that the holder runs in; empty when unknown. */
  readonly cluster: string;
  readonly acquired: Date | undefined;
  readonly renewed: Date | undefined;
  /** Milliseconds. */
  readonly duration: number;
}

/** The cluster that has the holder's run. */
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
      leaseDurationSeconds: v.nullish(v.number(), leaseSeconds),
      leaseTransitions: v.nullish(v.number(), 0),
      acquireTime: time,
      renewTime: time,
    }),
    {},
  ),
});

/** Parses a Lease. @throws OpError (tool) when its spec is invalid */
export function parseLease(object: KubeObject): Lease {
  const { spec } = read(object);
  return {
    object,
    holder: spec.holderIdentity ?? '',
    cluster: object.metadata.annotations?.[clusterAnnotation] ?? '',
    acquired: spec.acquireTime ?? undefined,
    renewed: spec.renewTime ?? undefined,
    duration: (spec.leaseDurationSeconds ?? leaseSeconds) * 1000,
  };
}

function read(object: KubeObject) {
  const parsed = v.safeParse(shape, object);
  if (parsed.success) return parsed.output;
  throw toolError({
    what: `Lease ${object.metadata.name} is invalid`,
    why: v.summarize(parsed.issues),
    hint: 'delete it when no delivery is running: op creates it again',
  });
}

/** Who takes a Lease. */
export interface HolderIdentity {
  readonly holder: string;
  /** Empty when unknown. */
  readonly cluster: string;
}

/** Which Lease is claimed, and for whom. */
export interface LeaseClaim {
  readonly name: string;
  readonly identity: HolderIdentity;
  /** Milliseconds to wait for another holder. */
  readonly wait: number;
}

/** A Lease that does not exist yet. */
export const newLease = (name: string, { holder, cluster }: HolderIdentity, now: Date) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, labels: manager, annotations: { [clusterAnnotation]: cluster } },
  spec: {
    holderIdentity: holder,
    leaseDurationSeconds: leaseSeconds,
    acquireTime: micro(now),
    renewTime: micro(now),
    leaseTransitions: 0,
  },
});

/** The same Lease for a holder: renewed when this holder has it already, else taken. */
export function takenBy({ holder, cluster }: HolderIdentity, { object }: Lease, now: Date): KubeObject {
  const { spec } = read(object);
  const same = spec.holderIdentity === holder;
  const since = same ? spec.acquireTime : undefined;
  const { annotations, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...annotations, [clusterAnnotation]: cluster } },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: leaseSeconds,
      acquireTime: micro(since ?? now),
      renewTime: micro(now),
      leaseTransitions: (spec.leaseTransitions ?? 0) + (same ? 0 : 1),
    },
  };
}

/** The same Lease, kept without a command that renews it. */
export const keptBy = (identity: HolderIdentity, lease: Lease, now: Date): KubeObject =>
  withSpec(takenBy(identity, lease, now), { leaseDurationSeconds: keptSeconds });

/** The same Lease, free. */
export const released = (lease: Lease, now: Date): KubeObject =>
  withSpec(lease.object, { holderIdentity: '', leaseDurationSeconds: 1, renewTime: micro(now) });

const withSpec = (object: KubeObject, spec: object): KubeObject => ({
  ...object,
  spec: { ...(typeof object.spec === 'object' ? object.spec : {}), ...spec },
});

/** MicroTime of Kubernetes needs exactly six digits after the point. */
const micro = (date: Date) => date.toISOString().replace(/(\.\d{3})Z$/u, '$1000Z');

const units = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const;

/** A duration in its two largest units: `3m12s`, `2d4h`. */
export function ageText(milliseconds: number): string {
  let left = Math.max(0, Math.round(milliseconds / 1000));
  const parts: string[] = [];
  for (const [size, unit] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join('') || '0s';
}
