import * as v from 'valibot';
import { inputError } from '../../kit/errors/op-error.js';
import { type Kind, type KubeObject, kinds } from '../../systems/kubernetes/api.js';
import { type FluxObject, type FluxRequest, keyOf, nameOf } from '../flux/flux-object.js';
import { ownersOf, parseFluxObject } from '../flux/parse.js';
import { belongsTo, type Component, nameOfComponent } from './component.js';
import { type FluxTree, fluxTree } from './flux-tree.js';
import { parsePod } from './pod.js';
import type { Asking, FailedCreate, FluxState, Snapshot } from './snapshot.js';
import type { Streams, Wanted } from './streams.js';
import { parseGeneration, parseWorkload, type WorkloadKind, workloadKinds } from './workload.js';

/** What was asked of Flux so far, by the key of the object. */
export interface Requests {
  asking: Asking;
  readonly of: Map<string, FluxRequest>;
}

/** What has to be followed, and the snapshot of it when all of that is known. */
export interface Collected {
  readonly wanted: readonly Wanted[];
  readonly snapshot: Snapshot | undefined;
}

/** Puts snapshots together out of what is followed, and says what has to be followed for it. */
export function createCollector(component: Component) {
  const parse = {
    flux: once(parseFluxObject),
    workload: once(parseWorkload),
    generation: once((_, object) => parseGeneration(object)),
    pod: once((_, object) => parsePod(object)),
  };
  const before = new Map<string, string>();
  const eventsBefore = new Set<string>();
  let isFirst = true;

  return (streams: Pick<Streams, 'read' | 'unreadable'>, requests: Requests): Collected => {
    const tree = fluxTree(component, { ...streams, parse: parse.flux });
    const components = componentsOf(tree);
    refuseElsewhere(components);
    const wanted = [...tree.wanted];
    let { isComplete } = tree;
    const all = (kind: Kind, namespace: string): readonly KubeObject[] => {
      const want = { kind, namespace };
      wanted.push(want);
      const objects = streams.read(want);
      if (objects === undefined) isComplete = false;
      return objects ?? [];
    };
    const applying = new Set(components.map(keyOf));
    const isOwned = (object: KubeObject): boolean =>
      component.kind === 'Workload'
        ? belongsTo(object, component.name)
        : ownersOf(object.metadata.labels ?? {}).some((owner) => applying.has(keyOf(owner)));
    const workloads = workloadNamespaces(component, components).flatMap((namespace) =>
      workloadKinds.flatMap((kind) =>
        all(kind, namespace)
          .filter(isOwned)
          .map((object) => parse.workload(kind, object)),
      ),
    );
    const used = [...new Set(workloads.map(({ namespace }) => namespace))];
    const where = (...of: readonly WorkloadKind[]) =>
      used.filter((namespace) => workloads.some((one) => one.namespace === namespace && of.includes(one.kind)));
    const generations = [
      ...where('Deployment').flatMap((namespace) => all(kinds.replicaSet, namespace)),
      ...where('CronJob').flatMap((namespace) => all(kinds.job, namespace)),
    ].map((object) => parse.generation(kinds.replicaSet, object));
    const pods = used.flatMap((namespace) => all(kinds.pod, namespace)).map((object) => parse.pod(kinds.pod, object));
    const events = where('StatefulSet', 'DaemonSet', 'CronJob').flatMap((namespace) => all(kinds.event, namespace));
    if (!isComplete) return { wanted, snapshot: undefined };
    if (isFirst) {
      for (const { uid, template } of workloads) before.set(uid, template);
      for (const event of events) eventsBefore.add(versionOf(event));
    }
    isFirst = false;
    const snapshot: Snapshot = {
      component: nameOfComponent(component),
      flux: stateOf(tree, requests, component, components),
      ...{ workloads, generations, pods, before },
      failedCreates: events.filter((event) => !eventsBefore.has(versionOf(event))).map(toFailedCreate),
    };
    return { wanted, snapshot };
  };
}

/** Objects do not change, they are replaced: what was parsed once is parsed. */
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

const componentsOf = ({ places }: FluxTree): readonly FluxObject[] =>
  places.flatMap(({ role, object }) => (role === 'component' && object !== undefined ? [object] : []));

function stateOf(
  { places, unreadable }: FluxTree,
  { asking, of }: Requests,
  { kind }: Component,
  components: readonly FluxObject[],
): FluxState | undefined {
  const parts = places.flatMap(({ ref, role, object }) =>
    object === undefined ? [] : [{ role, object, request: of.get(keyOf(ref)) }],
  );
  // A workload may have the labels of an owner that is long gone.
  if (kind === 'Workload' && parts.length === 0 && unreadable.length === 0) return undefined;
  return { asking, parts, isGone: kind !== 'Workload' && components.length === 0, unreadable };
}

const workloadNamespaces = ({ kind, namespace }: Component, components: readonly FluxObject[]): readonly string[] =>
  kind === 'Workload' ? [namespace] : [...new Set(components.flatMap(namespacesOf))];

/** Where the workloads of a HelmRelease or Kustomization can be. */
function namespacesOf({ kind, namespace, targetNamespace, inventory, release }: FluxObject): readonly string[] {
  const listed = inventory
    .filter((applied) => workloadKinds.some((one) => one.group === applied.group && one.kind === applied.kind))
    .map((applied) => applied.namespace);
  // helm-controller has an inventory since 1.5; without one its own words say where it installs to. It may make that namespace first.
  const told = kind === kinds.helmRelease && (release !== undefined || targetNamespace === namespace);
  return told ? [targetNamespace, ...listed] : listed;
}

const versionOf = ({ metadata }: KubeObject) => `${metadata.uid} ${metadata.resourceVersion}`;

const eventShape = v.object({
  message: v.optional(v.string(), ''),
  involvedObject: v.object({ uid: v.optional(v.string(), '') }),
});

function toFailedCreate(event: KubeObject): FailedCreate {
  const { message, involvedObject } = v.parse(eventShape, event);
  return { of: involvedObject.uid, message };
}

function refuseElsewhere(components: readonly FluxObject[]): void {
  const remote = components.find(({ elsewhere }) => elsewhere);
  if (remote === undefined) return;
  throw inputError({
    what: `${nameOf(remote)} deploys to another cluster`,
    why: 'it has spec.kubeConfig: its workloads and pods are not in this cluster',
    hint: 'watch it there: give the --kubeconfig of that cluster, with --kind=Workload',
  });
}
