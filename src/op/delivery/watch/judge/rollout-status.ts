import type { Workload } from '../read/workload.js';

/** The progress of a workload's rollout. */
export type RolloutStatus =
  | { readonly state: 'done' }
  | { readonly state: 'waiting'; readonly why: string }
  /** It will not continue without help. */
  | { readonly state: 'held'; readonly why: string; readonly hint: string };

const done: RolloutStatus = { state: 'done' };
const waiting = (why: string): RolloutStatus => ({ state: 'waiting', why });

/** Judges the rollout of a workload by the rules of its kind. Source: kubectl, polymorphichelpers/rollout_status.go, and the controllers. */
export function rolloutStatus(workload: Workload): RolloutStatus {
  const { kind, generation, observedGeneration } = workload;
  if (observedGeneration < generation) return waiting(`its controller to observe generation ${generation}`);
  if (kind === 'Deployment') return ofDeployment(workload);
  if (kind === 'StatefulSet') return ofStatefulSet(workload);
  if (kind === 'DaemonSet') return ofDaemonSet(workload);
  return done;
}

function ofDeployment(workload: Workload): RolloutStatus {
  const { desired, total, updated, available, paused, name, namespace } = workload;
  const open = [
    updated < desired && `${updated} of ${desired} pods have the new template`,
    total > updated && `${total - updated} old pods are pending termination`,
    available < Math.max(updated, desired) && `${available} of ${Math.max(updated, desired)} pods are available`,
  ].find((text) => text !== false);
  if (open === undefined) return done;
  if (!paused) return waiting(open);
  return {
    state: 'held',
    why: `its rollout is paused: ${open}`,
    hint: `kubectl rollout resume deployment/${name} --namespace=${namespace}`,
  };
}

function ofStatefulSet(workload: Workload): RolloutStatus {
  const { desired, updated, available, partition, name, namespace } = workload;
  const toUpdate = Math.max(0, desired - partition);
  if (workload.onDelete && updated < desired) return onDelete(workload, desired - updated);
  if (updated < toUpdate) return waiting(`${updated} of ${toUpdate} pods have the new template`);
  if (available < desired) return waiting(`${available} of ${desired} pods are available`);
  if (partition === 0 || updated >= desired) return done;
  return {
    state: 'held',
    why: `its partition ${partition} keeps ${desired - updated} pods on the old template`,
    hint: `kubectl patch statefulset ${name} --namespace=${namespace} --type=merge --patch='{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'`,
  };
}

function ofDaemonSet(workload: Workload): RolloutStatus {
  const { desired, updated, available } = workload;
  if (workload.onDelete && updated < desired) return onDelete(workload, desired - updated);
  if (updated < desired) return waiting(`${updated} of ${desired} pods have the new template`);
  if (available < desired) return waiting(`${available} of ${desired} pods are available`);
  return done;
}

const onDelete = ({ kind, name, namespace }: Workload, old: number): RolloutStatus => ({
  state: 'held',
  why: `its update strategy is OnDelete: ${old} old pods stay until someone deletes them`,
  hint: `delete the old pods of ${kind.toLowerCase()}/${name}; list the pods with: kubectl get pods --namespace=${namespace} --show-labels`,
});
