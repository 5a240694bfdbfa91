import type { KubeObject } from '../../../systems/kubernetes/api.js';
import type { Workload } from './workload.js';

/** Remembers what existed at the first complete snapshot: its templates, and events that are older than the watch. */
export function createBaseline() {
  const templates = new Map<string, string>();
  const events = new Set<string>();
  let isRecorded = false;
  return {
    templates,
    record: (workloads: readonly Workload[], found: readonly KubeObject[]) => {
      if (isRecorded) return;
      isRecorded = true;
      for (const { uid, templateHash } of workloads) templates.set(uid, templateHash);
      for (const event of found) events.add(versionOf(event));
    },
    isNew: (event: KubeObject) => !events.has(versionOf(event)),
  };
}

const versionOf = ({ metadata }: KubeObject) => `${metadata.uid} ${metadata.resourceVersion}`;
