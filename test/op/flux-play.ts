import { type Kind, kinds } from '../../src/op/systems/kubernetes/api.js';
import type { Sent, Stage } from './rollout.js';
import { until } from './watch-room.js';

const chartDigest = `sha256:${'c'.repeat(64)}`;
/** Times in a status have no fractions of a second. */
const now = () => new Date().toISOString().replace(/\.\d+/u, '');

/** The labels of an object that a HelmRelease applied. */
export const ofRelease = (namespace: string, name = 'web') => ({
  labels: { 'helm.toolkit.fluxcd.io/name': name, 'helm.toolkit.fluxcd.io/namespace': namespace },
});

/** The labels of an object that a Kustomization applied. */
export const ofKustomization = (namespace: string, name: string) => ({
  labels: { 'kustomize.toolkit.fluxcd.io/name': name, 'kustomize.toolkit.fluxcd.io/namespace': namespace },
});

/** A condition of Flux. */
export const condition = (
  type: string,
  status: string,
  reason: string,
  message: string,
  observedGeneration: number,
) => ({
  ...{ type, status, reason, message, observedGeneration },
  lastTransitionTime: now(),
});

/** The status of a source with an artifact. */
export const artifactOf = (revision: string) => ({
  artifact: { revision, digest: chartDigest, path: 'x', url: 'http://x/x', lastUpdateTime: now() },
});

/** The reconcile request of an object. */
export const requestOf = async (stage: Stage, kind: Kind, name: string): Promise<string | undefined> =>
  (await stage.get(kind, name)).metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];

/** Waits until an object is asked to reconcile, and writes the status that its controller writes when it finishes. */
export async function reconciled(stage: Stage, kind: Kind, name: string, status: Sent = {}): Promise<void> {
  await until(async () => (await requestOf(stage, kind, name)) !== undefined);
  const { metadata } = await stage.get(kind, name);
  await stage.status(kind, name, {
    observedGeneration: metadata.generation,
    lastHandledReconcileAt: await requestOf(stage, kind, name),
    conditions: [condition('Ready', 'True', 'Succeeded', 'done', metadata.generation)],
    ...status,
  });
}

/** A HelmRelease whose chart is in an OCIRepository. */
export async function playFlux(stage: Stage, spec: Sent = {}) {
  await stage.create(kinds.ociRepository, 'chart', {
    spec: { interval: '1h', url: 'oci://registry.example.com/charts/web' },
  });
  await stage.create(kinds.helmRelease, 'web', {
    spec: { interval: '1h', chartRef: { kind: 'OCIRepository', name: 'chart' }, ...spec },
  });
  return {
    source: () => reconciled(stage, kinds.ociRepository, 'chart', artifactOf(`1.0.0@${chartDigest}`)),
    release: async (ready: 'True' | 'False', reason: string, message: string) => {
      await until(async () => (await requestOf(stage, kinds.helmRelease, 'web')) !== undefined);
      const { metadata } = await stage.get(kinds.helmRelease, 'web');
      await reconciled(stage, kinds.helmRelease, 'web', {
        lastAttemptedRevisionDigest: chartDigest,
        conditions: [condition('Ready', ready, reason, message, metadata.generation)],
      });
    },
  };
}
