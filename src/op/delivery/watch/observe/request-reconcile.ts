import type { Context } from '../../../context.js';
import { OpError } from '../../../kit/errors/op-error.js';
import { type KubernetesApi, kinds } from '../../../systems/kubernetes/api.js';
import { conditionOf } from '../../flux/condition.js';
import { type FluxObject, type FluxRef, type FluxRequest, fluxKey, fluxName } from '../../flux/flux-object.js';
import { requestAnnotation } from '../../flux/parse-flux-object.js';
import { isHandled, isSameOrNewer } from '../../flux/reconcile-status.js';
import type { ReconcileRequests } from '../read/collect-snapshot.js';
import type { FluxRole, Snapshot } from '../read/snapshot.js';
import type { SnapshotFeed } from './snapshot-feed.js';

/** Whether the next object can be asked: this one has done what the next one depends on. */
type IsDone = (object: FluxObject, request: FluxRequest) => boolean;

/**
 * Asks Flux to reconcile in the order in which a change travels: the owners of the component, outermost first, then the component, then the
 * HelmReleases in it; before each, its sources. Waits for each before it asks the next, which would otherwise work with old input.
 * @throws OpError (tool) when the component itself cannot be asked
 */
export async function requestReconcile(
  context: Context,
  api: KubernetesApi,
  requests: ReconcileRequests,
  feed: SnapshotFeed,
): Promise<void> {
  const sender = createSender(context, api, requests, feed);
  sender.skipUnreadable();
  const isAppliedNow = (object: FluxObject) => isApplied(object, feed.latest());

  const askSources = async (ref: FluxRef) => {
    for (const source of findObject(feed.latest(), ref)?.sources ?? []) {
      if (source.kind === kinds.helmChart) await askSources(source);
      await sender.ask(source, isHandled);
    }
  };

  // Owners are found nearest first.
  for (const owner of objectsOf(feed.latest(), 'owner').toReversed()) {
    await askSources(owner);
    await sender.ask(owner, (object, request) => isHandled(object, request) || isAppliedNow(object));
  }
  const parts = () => objectsOf(feed.latest(), 'component');
  const [root] = parts().map(fluxKey);
  // A component may have more parts once it is reconciled.
  const nextPart = () => parts().find((part) => !sender.wasAsked(part));
  for (let part = parts()[0]; part !== undefined; part = nextPart()) {
    await askSources(part);
    const isAlone = parts().length === 1;
    const isDone: IsDone = (object, request) => {
      // A HelmRelease is handled once its pods run, which is what the watch itself waits for.
      if (object.kind === kinds.helmRelease) return true;
      return isHandled(object, request) || (!isAlone && isAppliedNow(object));
    };
    await sender.ask(part, isDone, fluxKey(part) === root);
    sender.markAsked(part);
  }
  requests.phase = sender.hasSkipped() ? 'incomplete' : 'done';
}

/** Sends requests one by one, each object once, and remembers whether any had to be skipped. */
function createSender(context: Context, api: KubernetesApi, requests: ReconcileRequests, feed: SnapshotFeed) {
  const asked = new Set<string>();
  const skipped = new Set<string>();
  const waitFor = (ref: FluxRef, isDone: IsDone) =>
    feed.until((snapshot) => {
      const object = findObject(snapshot, ref);
      const request = requests.sent.get(fluxKey(ref));
      return object === undefined || object.suspended || request === undefined || isDone(object, request);
    });
  return {
    hasSkipped: () => skipped.size > 0,
    wasAsked: (ref: FluxRef) => asked.has(fluxKey(ref)),
    markAsked: (ref: FluxRef) => asked.add(fluxKey(ref)),
    skipUnreadable: () => {
      for (const { ref, why } of feed.latest()?.flux?.unreadable ?? []) {
        skipped.add(fluxKey(ref));
        context.log.warn(`cannot read ${fluxName(ref)}, its changes arrive at its own interval: ${why}`);
      }
    },
    /** Asks an object to reconcile and waits until it is done. @param isRequired throws when it cannot be asked */
    ask: async (ref: FluxRef, isDone: IsDone, isRequired = false) => {
      const object = findObject(feed.latest(), ref);
      const key = fluxKey(ref);
      if (object === undefined || object.isStatic || asked.has(key)) return;
      asked.add(key);
      if (object.suspended) {
        skipped.add(key);
        return;
      }
      try {
        await sendRequest(api, requests, ref, context.now().toISOString());
      } catch (error) {
        requests.sent.delete(key);
        if (isRequired || !(error instanceof OpError)) throw error;
        skipped.add(key);
        context.log.warn(
          `cannot ask ${fluxName(ref)} to reconcile, its changes arrive at its own interval: ${error.why}`,
        );
        return;
      }
      context.log.detail(`asked ${fluxName(ref)} to reconcile`);
      await waitFor(ref, isDone);
    },
  };
}

async function sendRequest(
  api: KubernetesApi,
  requests: ReconcileRequests,
  ref: FluxRef,
  value: string,
): Promise<void> {
  // Recorded before it is sent: from now on, the status of the object may be older than the request.
  requests.sent.set(fluxKey(ref), { value, version: undefined });
  const change = { metadata: { annotations: { [requestAnnotation]: value } } };
  const { metadata } = await api.patch(ref.kind, ref.name, change, ref.namespace);
  requests.sent.set(fluxKey(ref), { value, version: metadata.resourceVersion });
}

const objectsOf = (snapshot: Snapshot | undefined, role: FluxRole): readonly FluxObject[] =>
  (snapshot?.flux?.parts ?? []).flatMap((part) => (part.role === role ? [part.object] : []));

const findObject = (snapshot: Snapshot | undefined, ref: FluxRef): FluxObject | undefined =>
  snapshot?.flux?.parts.find(({ object }) => fluxKey(object) === fluxKey(ref))?.object;

/**
 * Whether a Kustomization has applied the current revision: it has once it runs health checks, which may take long, and may fail because of
 * other objects.
 */
function isApplied(object: FluxObject, snapshot: Snapshot | undefined): boolean {
  const reconciling = conditionOf(object.conditions, 'Reconciling');
  const source = object.sources[0];
  const revision = source === undefined ? undefined : findObject(snapshot, source)?.artifactRevision;
  return (
    revision !== undefined &&
    object.attemptedRevision === revision &&
    reconciling?.status === 'True' &&
    reconciling.message.startsWith(`Running health checks for revision ${revision} `)
  );
}

/**
 * Sends a request again where its annotation disappeared before it was handled: whatever applies an object may remove annotations that are
 * not in its manifest.
 * @throws OpError (tool)
 */
export async function repeatRequests(
  api: KubernetesApi,
  requests: ReconcileRequests,
  { flux }: Snapshot,
): Promise<void> {
  for (const { object, request } of flux?.parts ?? []) {
    const isKept = request?.version === undefined || object.requestedAt !== undefined;
    if (isKept || !isSameOrNewer(object.version, request.version) || isHandled(object, request)) continue;
    // The version is unknown until the answer, so that no second request is sent for the same snapshot.
    await sendRequest(api, requests, object, request.value);
  }
}
