import { type Kind, type KubeObject, kinds } from '../../../systems/kubernetes/api.js';
import { type FluxObject, type FluxRef, fluxKey } from '../../flux/flux-object.js';
import type { Component } from './component.js';
import type { FluxRole, FluxState } from './snapshot.js';
import type { StreamQuery, Streams } from './streams.js';

/** One object of the tree; `object` is undefined while it does not exist or has not been read yet. */
interface TreeNode {
  readonly ref: FluxRef;
  readonly role: FluxRole;
  readonly object: FluxObject | undefined;
}

/** The Flux objects that deliver a component, as far as they are known. */
export interface FluxTree {
  readonly nodes: readonly TreeNode[];
  /** Everything that must be followed to build it. */
  readonly queries: readonly StreamQuery[];
  readonly isComplete: boolean;
  readonly unreadable: FluxState['unreadable'];
}

const appliers = [kinds.helmRelease, kinds.kustomization];

/** How the objects of a tree are read. */
export interface FluxReader extends Pick<Streams, 'read' | 'unreadable'> {
  readonly parse: (kind: Kind, object: KubeObject) => FluxObject;
}

/** Walks from the component down to the objects that it applied, up to its owners, and from each of these to its sources. */
export function buildFluxTree({ flux, kind }: Component, { read, unreadable, parse }: FluxReader): FluxTree {
  const nodes = new Map<string, TreeNode>();
  const queries: StreamQuery[] = [];
  const hidden: FluxState['unreadable'][number][] = [];
  let isComplete = true;

  const visit = (ref: FluxRef, role: FluxRole): FluxObject | undefined => {
    if (nodes.has(fluxKey(ref))) return undefined;
    const query = { ...ref, optional: role !== 'component' };
    queries.push(query);
    const objects = read(query);
    if (objects === undefined) isComplete = false;
    const why = unreadable(query);
    if (why !== undefined) hidden.push({ ref, why });
    const [found] = objects ?? [];
    const object = found === undefined ? undefined : parse(ref.kind, found);
    nodes.set(fluxKey(ref), { ref, role, object });
    return object;
  };
  const visitSources = (object: FluxObject | undefined): void => {
    for (const source of object?.sources ?? []) visitSources(visit(source, 'source'));
  };
  const visitDown = (ref: FluxRef): void => {
    const object = visit(ref, 'component');
    visitSources(object);
    for (const { group, kind: name, ...rest } of object?.inventory ?? []) {
      const child = appliers.find((one) => one.group === group && one.kind === name);
      if (child !== undefined) visitDown({ kind: child, ...rest });
    }
  };
  const visitUp = (ref: FluxRef): void => {
    const object = visit(ref, 'owner');
    visitSources(object);
    for (const owner of object?.owners ?? []) visitUp(owner);
  };

  if (flux !== undefined && kind === 'Workload') visitUp(flux);
  else if (flux !== undefined) {
    visitDown(flux);
    for (const owner of nodes.get(fluxKey(flux))?.object?.owners ?? []) visitUp(owner);
  }
  return { nodes: [...nodes.values()], queries, isComplete, unreadable: hidden };
}
