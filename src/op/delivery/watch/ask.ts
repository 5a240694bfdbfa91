import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { conditionOf } from '../flux/condition.js';
import { type FluxObject, type FluxRef, type FluxRequest, keyOf, nameOf } from '../flux/flux-object.js';
import { requestAnnotation } from '../flux/parse.js';
import { isHandled, isSince } from '../flux/standing.js';
import type { Requests } from './collect.js';
import type { Snapshot } from './snapshot.js';

/** What asking needs to know of the cluster as it goes. */
export interface View {
  readonly now: () => Snapshot;
  /** Ends as soon as a snapshot fits. */
  readonly until: (fits: (snapshot: Snapshot) => boolean) => Promise<void>;
}

/**
 * Asks Flux to reconcile, in the order in which what is written comes through: what applied the component, outermost first, then the component,
 * then what is in it; before each, its sources. Waits for each before the next is asked, or the next would work with what is old.
 * @throws OpError (tool) when the component itself may not be asked
 */
export async function askFlux(context: Context, api: KubernetesApi, requests: Requests, view: View): Promise<void> {
  let left = 0;
  const asked = new Set<string>();
  for (const { ref, why } of view.now().flux?.unreadable ?? []) {
    left += 1;
    context.log.warn(`${nameOf(ref)} cannot be read, what it brings comes when its interval is over: ${why}`);
  }

  const askOne = async (
    ref: FluxRef,
    mustWork: boolean,
    wait: (object: FluxObject, request: FluxRequest) => boolean,
  ) => {
    const object = find(view.now(), ref);
    if (object === undefined || object.isStatic || asked.has(keyOf(ref))) return;
    asked.add(keyOf(ref));
    if (object.suspended) {
      left += 1;
      return;
    }
    const value = context.now().toISOString();
    // Before it is sent: from now on, what the object says of itself may be of before.
    requests.of.set(keyOf(ref), { value, version: undefined });
    try {
      const change = { metadata: { annotations: { [requestAnnotation]: value } } };
      const { metadata } = await api.patch(ref.kind, ref.name, change, ref.namespace);
      requests.of.set(keyOf(ref), { value, version: metadata.resourceVersion });
    } catch (error) {
      requests.of.delete(keyOf(ref));
      if (mustWork || !(error instanceof OpError)) throw error;
      left += 1;
      context.log.warn(`${nameOf(ref)} cannot be asked to reconcile, it comes when its interval is over: ${error.why}`);
      return;
    }
    context.log.step(`asked ${nameOf(ref)} to reconcile`);
    await view.until((snapshot) => {
      const found = find(snapshot, ref);
      const request = requests.of.get(keyOf(ref));
      return found === undefined || found.suspended || request === undefined || wait(found, request);
    });
  };

  const sources = async (ref: FluxRef) => {
    for (const source of find(view.now(), ref)?.sources ?? []) {
      if (source.kind === kinds.helmChart) await sourcesFirst(source);
      await askOne(source, false, isHandled);
    }
  };
  const sourcesFirst = async (chart: FluxRef) => {
    for (const source of find(view.now(), chart)?.sources ?? []) await askOne(source, false, isHandled);
  };

  const refs = (role: string) =>
    view
      .now()
      .flux?.parts.filter((part) => part.role === role)
      .map(({ object }) => object) ?? [];
  // Nearest first, as they were found.
  for (const owner of refs('owner').reverse()) {
    await sources(owner);
    await askOne(owner, false, (object, request) => isHandled(object, request) || isApplied(object, view.now()));
  }
  // A component may have more in it when it has been reconciled.
  const [root] = refs('component').map(keyOf);
  for (
    let next = refs('component')[0];
    next !== undefined;
    next = refs('component').find((one) => !asked.has(keyOf(one)))
  ) {
    await sources(next);
    const isAlone = refs('component').length === 1;
    await askOne(next, keyOf(next) === root, (object, request) => {
      // A HelmRelease is handled when its pods run, which is what the watch is there to see.
      if (object.kind === kinds.helmRelease) return true;
      return isHandled(object, request) || (!isAlone && isApplied(object, view.now()));
    });
    asked.add(keyOf(next));
  }
  requests.asking = left === 0 ? 'done' : 'partly';
}

const find = ({ flux }: Snapshot, ref: FluxRef): FluxObject | undefined =>
  flux?.parts.find(({ object }) => keyOf(object) === keyOf(ref))?.object;

/** What a Kustomization has is in the cluster when it begins to look whether that is healthy, which may take long, and fail for others. */
function isApplied(object: FluxObject, snapshot: Snapshot): boolean {
  const reconciling = conditionOf(object.conditions, 'Reconciling');
  const source = object.sources[0];
  const revision = source === undefined ? undefined : find(snapshot, source)?.artifact;
  return (
    revision !== undefined &&
    object.attempted === revision &&
    reconciling?.status === 'True' &&
    reconciling.message.startsWith(`Running health checks for revision ${revision} `)
  );
}

/**
 * Asks again where the annotation has gone before it was handled: who applies an object may take away what is not in its manifest.
 * @throws OpError (tool)
 */
export async function askAgain(api: KubernetesApi, requests: Requests, { flux }: Snapshot): Promise<void> {
  for (const { object, request } of flux?.parts ?? []) {
    if (request?.version === undefined || object.requestedAt !== undefined || !isSince(object.version, request.version))
      continue;
    if (isHandled(object, request)) continue;
    // Until the answer: once is enough.
    requests.of.set(keyOf(object), { ...request, version: undefined });
    const change = { metadata: { annotations: { [requestAnnotation]: request.value } } };
    const { metadata } = await api.patch(object.kind, object.name, change, object.namespace);
    requests.of.set(keyOf(object), { ...request, version: metadata.resourceVersion });
  }
}
