import type { Pod } from './pod.js';
import type { PodController } from './pod-controller.js';
import type { Snapshot } from './snapshot.js';
import type { Workload } from './workload.js';

/** The pods of a workload that have not finished, by whether they have its newest template. */
export interface WorkloadPods {
  readonly newest: readonly Pod[];
  readonly older: readonly Pod[];
  /** Being deleted: they are not compared. */
  readonly terminating: readonly Pod[];
  /** The ReplicaSet, or the Jobs, of the newest template. */
  readonly podControllers: readonly PodController[];
}

/** Finds the pods of a workload by their owner references, never by labels alone: other pods may have the same labels. */
export function podsOfWorkload(workload: Workload, { podControllers, pods }: Snapshot): WorkloadPods {
  const { kind, uid, templateHash, newestRevision } = workload;
  const owned = podControllers.filter(({ owner }) => owner === uid);
  const current = owned.filter((controller) => controller.templateHash === templateHash);
  const owners = new Set(kind === 'Deployment' || kind === 'CronJob' ? owned.map((one) => one.uid) : [uid]);
  const currentOwners = new Set(current.map((one) => one.uid));
  const isNewest = ({ owner = '', labels }: Pod): boolean => {
    if (kind === 'StatefulSet') return labels['controller-revision-hash'] === newestRevision;
    if (kind === 'DaemonSet')
      return newestRevision === undefined || labels['pod-template-generation'] === newestRevision;
    return currentOwners.has(owner);
  };
  // The finished pods of a Job are compared too: a Job's pods are meant to finish.
  const own = pods.filter((pod) => owners.has(pod.owner ?? '') && (pod.active || kind === 'CronJob'));
  const staying = own.filter(({ terminating }) => !terminating);
  return {
    newest: staying.filter(isNewest),
    older: staying.filter((pod) => !isNewest(pod)),
    terminating: own.filter(({ terminating }) => terminating),
    podControllers: current,
  };
}
