import type { Pod } from './pod.js';
import type { Snapshot } from './snapshot.js';
import type { Generation, Workload } from './workload.js';

/** The pods of a workload that have not ended: those of its newest template, and the others. */
export interface PodsOf {
  readonly newest: readonly Pod[];
  readonly older: readonly Pod[];
  /** Told to end: they count for nothing. */
  readonly leaving: readonly Pod[];
  /** The ReplicaSet, or the Jobs, of the newest template. */
  readonly generations: readonly Generation[];
}

/** Finds the pods of a workload by who made them, never by their labels alone: those of others may have the same. */
export function podsOf(workload: Workload, { generations, pods }: Snapshot): PodsOf {
  const { kind, uid, template, newest } = workload;
  const between = generations.filter(({ owner }) => owner === uid);
  const current = between.filter((generation) => generation.template === template);
  const owners = new Set(kind === 'Deployment' || kind === 'CronJob' ? between.map((one) => one.uid) : [uid]);
  const currentOwners = new Set(current.map((one) => one.uid));
  const isNewest = ({ owner = '', labels }: Pod): boolean => {
    if (kind === 'StatefulSet') return labels['controller-revision-hash'] === newest;
    if (kind === 'DaemonSet') return newest === undefined || labels['pod-template-generation'] === newest;
    return currentOwners.has(owner);
  };
  // Pods of a Job are looked at when they have ended too: that is what they are for.
  const own = pods.filter((pod) => owners.has(pod.owner ?? '') && (pod.active || kind === 'CronJob'));
  const staying = own.filter(({ leaving }) => !leaving);
  return {
    newest: staying.filter(isNewest),
    older: staying.filter((pod) => !isNewest(pod)),
    leaving: own.filter(({ leaving }) => leaving),
    generations: current,
  };
}
