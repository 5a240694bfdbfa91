import type { Workload } from './workload.js';

/** How far Kubernetes is with a workload's newest template. */
export type Rollout =
  | { readonly state: 'done' }
  | { readonly state: 'waiting'; readonly why: string }
  /** It will not go on by itself. */
  | { readonly state: 'held'; readonly why: string; readonly hint: string };

const done: Rollout = { state: 'done' };
const waiting = (why: string): Rollout => ({ state: 'waiting', why });

/** Judges the rollout of a workload by the rules of its kind. Source: kubectl, polymorphichelpers/rollout_status.go, and the controllers. */
export function rolloutOf(workload: Workload): Rollout {
  const { kind, generation, observed } = workload;
  if (observed < generation) return waiting(`its controller to notice generation ${generation}`);
  if (kind === 'Deployment') return ofDeployment(workload);
  if (kind === 'StatefulSet') return ofStatefulSet(workload);
  if (kind === 'DaemonSet') return ofDaemonSet(workload);
  return done;
}

function ofDeployment(workload: Workload): Rollout {
  const { wanted, total, updated, available, paused, name, namespace } = workload;
  const open = [
    updated < wanted && `${updated} of ${wanted} pods have the new template`,
    total > updated && `${total - updated} old pods are still there`,
    available < Math.max(updated, wanted) && `${available} of ${Math.max(updated, wanted)} pods are available`,
  ].find((text) => text !== false);
  if (open === undefined) return done;
  if (!paused) return waiting(open);
  return {
    state: 'held',
    why: `its rollout is paused: ${open}`,
    hint: `kubectl rollout resume deployment/${name} --namespace=${namespace}`,
  };
}

function ofStatefulSet(workload: Workload): Rollout {
  const { wanted, updated, available, partition, name, namespace } = workload;
  const toUpdate = Math.max(0, wanted - partition);
  if (workload.onDelete && updated < wanted) return onDelete(workload, wanted - updated);
  if (updated < toUpdate) return waiting(`${updated} of ${toUpdate} pods have the new template`);
  if (available < wanted) return waiting(`${available} of ${wanted} pods are available`);
  if (partition === 0 || updated >= wanted) return done;
  return {
    state: 'held',
    why: `its partition ${partition} keeps ${wanted - updated} pods at the old template`,
    hint: `kubectl patch statefulset ${name} --namespace=${namespace} --type=merge --patch='{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'`,
  };
}

function ofDaemonSet(workload: Workload): Rollout {
  const { wanted, updated, available } = workload;
  if (workload.onDelete && updated < wanted) return onDelete(workload, wanted - updated);
  if (updated < wanted) return waiting(`${updated} of ${wanted} pods have the new template`);
  if (available < wanted) return waiting(`${available} of ${wanted} pods are available`);
  return done;
}

const onDelete = ({ kind, name, namespace }: Workload, old: number): Rollout => ({
  state: 'held',
  why: `its update strategy is OnDelete: ${old} old pods stay until somebody deletes them`,
  hint: `delete the old pods of ${kind.toLowerCase()}/${name}, which are among: kubectl get pods --namespace=${namespace} --show-labels`,
});
