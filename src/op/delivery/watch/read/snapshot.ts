import type { FluxObject, FluxRef, FluxRequest } from '../../flux/flux-object.js';
import type { Pod } from './pod.js';
import type { PodController } from './pod-controller.js';
import type { Workload } from './workload.js';

/**
 * The relation of a Flux object to the component: the component itself or a HelmRelease in it; an owner, which applied it; or a source of one
 * of these.
 */
export type FluxRole = 'component' | 'owner' | 'source';

/** A Flux object with the request that was sent to it. */
export interface FluxPart {
  readonly role: FluxRole;
  readonly object: FluxObject;
  /** Our request to reconcile; undefined when none was sent. */
  readonly request: FluxRequest | undefined;
}

/** The progress of our requests to reconcile: not wanted; not all sent yet; all sent; some could not be sent. */
export type RequestPhase = 'off' | 'pending' | 'done' | 'incomplete';

/** The state of Flux for a component. */
export interface FluxState {
  readonly requestPhase: RequestPhase;
  readonly parts: readonly FluxPart[];
  /** The component is a Flux object that no longer exists. */
  readonly isGone: boolean;
  /** Objects that op is not allowed to read: their changes arrive at an unknown time. */
  readonly unreadable: readonly { readonly ref: FluxRef; readonly why: string }[];
}

/** An event that reports that pods could not be created, for kinds without a condition for it. */
export interface FailedCreate {
  /** Uid of the workload or Job. */
  readonly of: string;
  readonly message: string;
}

/** The state of a component in the cluster at one moment, as plain data. */
export interface Snapshot {
  /** Its display name: `HelmRelease shop/web`. */
  readonly component: string;
  /** Undefined when Flux does not manage it. */
  readonly flux: FluxState | undefined;
  /** The workloads of the component. */
  readonly workloads: readonly Workload[];
  /** ReplicaSets and Jobs. */
  readonly podControllers: readonly PodController[];
  readonly pods: readonly Pod[];
  readonly failedCreates: readonly FailedCreate[];
  /** The hashes of the pod templates when the watch started, by the uid of their workload. */
  readonly initialTemplates: ReadonlyMap<string, string>;
}
