import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** What a Lease depends on besides the API; others than the usual ones are for tests. */
export interface Surroundings {
  /** What Kubernetes mounts into a pod to trust its own API server by: no two clusters have the same. */
  readonly certificateFile: string;
  /** Milliseconds between two renewals. */
  readonly renewEvery: number;
  /** Milliseconds without a renewal after which the work is given up: before another one may take the Lease. */
  readonly giveUp: number;
}

export const usual: Surroundings = {
  certificateFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
  renewEvery: 20_000,
  giveUp: 45_000,
};

/** A word for the cluster that op runs in; empty outside of a pod. */
export async function clusterOf({ certificateFile }: Surroundings): Promise<string> {
  const certificates = await readFile(certificateFile).catch(() => undefined);
  return certificates === undefined ? '' : createHash('sha256').update(certificates).digest('hex').slice(0, 16);
}
