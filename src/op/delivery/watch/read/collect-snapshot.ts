import * as v from 'valibot';
import { inputError } from '../../../kit/errors/op-error.js';
import { type Kind, type KubeObject, kinds } from '../../../systems/kubernetes/api.js';
import { type FluxObject, type FluxRequest, fluxKey, fluxName } from '../../flux/flux-object.js';
import { ownersOf, parseFluxObject } from '../../flux/parse-flux-object.js';
import { createBaseline } from './baseline.js';
import { belongsTo, type Component, componentName } from './component.js';
import { buildFluxTree, type FluxTree } from './flux-tree.js';
import { parsePod } from './pod.js';
import { parsePodController } from './pod-controller.js';
import type { FailedCreate, FluxState, RequestPhase, Snapshot } from './snapshot.js';
import type { StreamQuery, Streams } from './streams.js';
import { parseWorkload, type WorkloadKind, workloadKinds } from './workload.js';

/** The requests to reconcile that were sent so far, by the key of the Flux object. */
export interface ReconcileRequests {
  phase: RequestPhase;
  readonly sent: Map<string, FluxRequest>;
}

/** Everything that must be followed, and the snapshot of it once all of that is known. */
export interface Collected {
  readonly queries: readonly StreamQuery[];
  readonly snapshot: Snapshot | undefined;
}

/** What is read of the streams; the collector reads the live ones, or those of a fresh list. */
export type StreamReader = Pick<Streams, 'read' | 'unreadable'>;

/** Returns a function that puts a snapshot together from the streams, and says which queries it needs for that. */
export function createCollector(component: Component) {
  const parse = {
    flux: once(parseFluxObject),
    workload: once(parseWorkload),
    podController: once((_, object) => parsePodController(object)),
    pod: once((_, object) => parsePod(object)),
  };
  const baseline = createBaseline();

  return (streams: StreamReader, requests: ReconcileRequests): Collected => {
    const tree = buildFluxTree(component, { ...streams, parse: parse.flux });
    const components = componentsOf(tree);
    rejectOtherCluster(components);
    const queries = [...tree.queries];
    let { isComplete } = tree;
    const all = (kind: Kind, namespace: string): readonly KubeObject[] => {
      const query = { kind, namespace };
      queries.push(query);
      const objects = streams.read(query);
      if (objects === undefined) isComplete = false;
      return objects ?? [];
    };
    const isOwned = ownershipTest(component, components);
    const workloads = workloadNamespaces(component, components).flatMap((namespace) =>
      workloadKinds.flatMap((kind) =>
        all(kind, namespace)
          .filter(isOwned)
          .map((object) => parse.workload(kind, object)),
      ),
    );
    const used = [...new Set(workloads.map(({ namespace }) => namespace))];
    const having = (...of: readonly WorkloadKind[]) =>
      used.filter((namespace) => workloads.some((one) => one.namespace === namespace && of.includes(one.kind)));
    const podControllers = [
      ...having('Deployment').flatMap((namespace) => all(kinds.replicaSet, namespace)),
      ...having('CronJob').flatMap((namespace) => all(kinds.job, namespace)),
    ].map((object) => parse.podController(kinds.replicaSet, object));
    const pods = used.flatMap((namespace) => all(kinds.pod, namespace)).map((object) => parse.pod(kinds.pod, object));
    const events = having('StatefulSet', 'DaemonSet', 'CronJob').flatMap((namespace) => all(kinds.event, namespace));
    if (!isComplete) return { queries, snapshot: undefined };
    baseline.record(workloads, events);
    const snapshot: Snapshot = {
      component: componentName(component),
      flux: fluxStateOf(tree, requests, component, components),
      ...{ workloads, podControllers, pods, initialTemplates: baseline.templates },
      failedCreates: events.filter(baseline.isNew).map(toFailedCreate),
    };
    return { queries, snapshot };
  };
}

/** Whether a workload belongs to the component: by its name, or by the labels that Flux gave it. */
function ownershipTest(component: Component, components: readonly FluxObject[]): (object: KubeObject) => boolean {
  if (component.kind === 'Workload') return (object) => belongsTo(object, component.name);
  const appliers = new Set(components.map(fluxKey));
  return ({ metadata }) => ownersOf(metadata.labels ?? {}).some((owner) => appliers.has(fluxKey(owner)));
}

/** Objects are replaced, never changed: each is parsed once. */
function once<T>(parse: (kind: Kind, object: KubeObject) => T): (kind: Kind, object: KubeObject) => T {
  const parsed = new WeakMap<KubeObject, T>();
  return (kind, object) => {
    const known = parsed.get(object);
    if (known !== undefined) return known;
    const made = parse(kind, object);
    parsed.set(object, made);
    return made;
  };
}

const componentsOf = ({ nodes }: FluxTree): readonly FluxObject[] =>
  nodes.flatMap(({ role, object }) => (role === 'component' && object !== undefined ? [object] : []));

function fluxStateOf(
  { nodes, unreadable }: FluxTree,
  { phase, sent }: ReconcileRequests,
  { kind }: Component,
  components: readonly FluxObject[],
): FluxState | undefined {
  const parts = nodes.flatMap(({ ref, role, object }) =>
    object === undefined ? [] : [{ role, object, request: sent.get(fluxKey(ref)) }],
  );
  // The labels of a workload may name an owner that no longer exists.
  if (kind === 'Workload' && parts.length === 0 && unreadable.length === 0) return undefined;
  return { requestPhase: phase, parts, isGone: kind !== 'Workload' && components.length === 0, unreadable };
}

const workloadNamespaces = ({ kind, namespace }: Component, components: readonly FluxObject[]): readonly string[] =>
  kind === 'Workload' ? [namespace] : [...new Set(components.flatMap(namespacesOf))];

/** The namespaces that the workloads of a HelmRelease or Kustomization can be in. */
function namespacesOf({ kind, namespace, targetNamespace, inventory, release }: FluxObject): readonly string[] {
  const listed = inventory
    .filter((applied) => workloadKinds.some((one) => one.group === applied.group && one.kind === applied.kind))
    .map((applied) => applied.namespace);
  // helm-controller has an inventory since 1.5; before that the target namespace counts, which may not exist before the first release.
  const isKnown = kind === kinds.helmRelease && (release !== undefined || targetNamespace === namespace);
  return isKnown ? [targetNamespace, ...listed] : listed;
}

const eventShape = v.object({
  message: v.optional(v.string(), ''),
  involvedObject: v.object({ uid: v.optional(v.string(), '') }),
});

function toFailedCreate(event: KubeObject): FailedCreate {
  const { message, involvedObject } = v.parse(eventShape, event);
  return { of: involvedObject.uid, message };
}

function rejectOtherCluster(components: readonly FluxObject[]): void {
  const remote = components.find(({ targetsOtherCluster }) => targetsOtherCluster);
  if (remote === undefined) return;
  throw inputError({
    what: `${fluxName(remote)} deploys to another cluster`,
    why: 'it sets spec.kubeConfig, so its workloads and pods are not in this cluster',
    hint: 'watch that cluster instead: give its --kubeconfig, with --kind=Workload',
  });
}
