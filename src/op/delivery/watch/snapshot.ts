import type { FluxObject, FluxRef, FluxRequest } from '../flux/flux-object.js';
import type { Pod } from './pod.js';
import type { Generation, Workload } from './workload.js';

/**
 * What an object of Flux is to the component: the component itself or a HelmRelease in it; what applied it; or where one of these gets what it
 * applies from.
 */
export type FluxRole = 'component' | 'owner' | 'source';

/** An object of Flux, and what was asked of it. */
export interface FluxPart {
  readonly role: FluxRole;
  readonly object: FluxObject;
  /** What we asked of it; undefined: nothing. */
  readonly request: FluxRequest | undefined;
}

/** How far the asking is: nobody asks; not all are asked yet; all are; one of them could not be asked. */
export type Asking = 'no' | 'pending' | 'done' | 'partly';

/** What Flux says of a component. */
export interface FluxState {
  readonly asking: Asking;
  readonly parts: readonly FluxPart[];
  /** The component is an object of Flux, and is not there any more. */
  readonly isGone: boolean;
  /** What there may be, and may not be read here: what is written there comes at a time that nobody here can know. */
  readonly unreadable: readonly { readonly ref: FluxRef; readonly why: string }[];
}

/** An event that says that pods could not be made, of those kinds that have no condition for it. */
export interface FailedCreate {
  /** Uid of the workload or Job. */
  readonly of: string;
  readonly message: string;
}

/** What a cluster says at one moment about a component, as plain data. */
export interface Snapshot {
  /** How a person names the component: `HelmRelease shop/web`. */
  readonly component: string;
  /** Undefined when Flux has nothing to do with it. */
  readonly flux: FluxState | undefined;
  /** Those that the component owns. */
  readonly workloads: readonly Workload[];
  /** ReplicaSets and Jobs. */
  readonly generations: readonly Generation[];
  readonly pods: readonly Pod[];
  readonly failedCreates: readonly FailedCreate[];
  /** The pod templates that there were when the watch began, by the uid of their workload. */
  readonly before: ReadonlyMap<string, string>;
}
