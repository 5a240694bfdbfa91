import { type Kind, type KubeObject, kinds } from '../../systems/kubernetes/api.js';
import { type FluxObject, type FluxRef, keyOf } from '../flux/flux-object.js';
import type { Component } from './component.js';
import type { FluxRole, FluxState } from './snapshot.js';
import type { Streams, Wanted } from './streams.js';

/** One place in the tree; its object is undefined when it is not there, or not known yet. */
interface Place {
  readonly ref: FluxRef;
  readonly role: FluxRole;
  readonly object: FluxObject | undefined;
}

/** The objects of Flux that have to do with a component, as far as they are known. */
export interface FluxTree {
  readonly places: readonly Place[];
  /** All that has to be followed to know it. */
  readonly wanted: readonly Wanted[];
  readonly isComplete: boolean;
  readonly unreadable: FluxState['unreadable'];
}

const applying = [kinds.helmRelease, kinds.kustomization];

/** What is read, and how. */
export interface Reading extends Pick<Streams, 'read' | 'unreadable'> {
  readonly parse: (kind: Kind, object: KubeObject) => FluxObject;
}

/** Goes from the component down to what it has applied itself, up to what applied it, and from each to its sources. */
export function fluxTree({ flux, kind }: Component, { read, unreadable, parse }: Reading): FluxTree {
  const places = new Map<string, Place>();
  const wanted: Wanted[] = [];
  const hidden: FluxState['unreadable'][number][] = [];
  let isComplete = true;

  const visit = (ref: FluxRef, role: FluxRole): FluxObject | undefined => {
    if (places.has(keyOf(ref))) return undefined;
    const want = { ...ref, optional: role !== 'component' };
    wanted.push(want);
    const objects = read(want);
    if (objects === undefined) isComplete = false;
    const why = unreadable(want);
    if (why !== undefined) hidden.push({ ref, why });
    const [found] = objects ?? [];
    const object = found === undefined ? undefined : parse(ref.kind, found);
    places.set(keyOf(ref), { ref, role, object });
    return object;
  };
  const toSources = (object: FluxObject | undefined): void => {
    for (const source of object?.sources ?? []) toSources(visit(source, 'source'));
  };
  const down = (ref: FluxRef): void => {
    const object = visit(ref, 'component');
    toSources(object);
    for (const { group, kind: name, ...place } of object?.inventory ?? []) {
      const child = applying.find((one) => one.group === group && one.kind === name);
      if (child !== undefined) down({ kind: child, ...place });
    }
  };
  const up = (ref: FluxRef): void => {
    const object = visit(ref, 'owner');
    toSources(object);
    for (const owner of object?.owners ?? []) up(owner);
  };

  if (flux !== undefined && kind === 'Workload') up(flux);
  else if (flux !== undefined) {
    down(flux);
    for (const owner of places.get(keyOf(flux))?.object?.owners ?? []) up(owner);
  }
  return { places: [...places.values()], wanted, isComplete, unreadable: hidden };
}
