import type { Kind } from '../../systems/kubernetes/api.js';
import type { Condition } from './condition.js';

/** Identifies a Flux object. */
export interface FluxRef {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** An object that Flux applied, of any kind. */
export interface InventoryEntry {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The fields of a HelmRelease, a Kustomization or a source that op reads. */
export interface FluxObject extends FluxRef {
  /** The resourceVersion: it grows with each change. */
  readonly version: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly suspended: boolean;
  readonly conditions: readonly Condition[];
  /** The value of the annotation that requests a reconciliation, and the last value that the controller handled. */
  readonly requestedAt: string | undefined;
  readonly handledAt: string | undefined;
  /** A source that no controller reconciles: a HelmRepository of type oci. */
  readonly isStatic: boolean;
  /** The objects that applied this one, nearest first. */
  readonly owners: readonly FluxRef[];
  /** Its sources, outermost first: a HelmRelease has its HelmRepository, then the HelmChart. */
  readonly sources: readonly FluxRef[];
  /** For a source: the revision of its artifact. */
  readonly artifactRevision: string | undefined;
  /** For what applies a source: the revision that it tried last. */
  readonly attemptedRevision: string | undefined;
  /** For a failed HelmRelease: Flux will retry it. */
  readonly retriesLeft: boolean;
  /** For a HelmRelease: the status of its newest release in Helm's history, such as `deployed` or `failed`. */
  readonly release: string | undefined;
  /** The namespace that a HelmRelease installs to. */
  readonly targetNamespace: string;
  /** It deploys to another cluster: it sets spec.kubeConfig. */
  readonly targetsOtherCluster: boolean;
  readonly inventory: readonly InventoryEntry[];
}

/** A request to reconcile: the value of the annotation, and the version of the object with it; undefined until the API has answered. */
export interface FluxRequest {
  readonly value: string;
  readonly version: string | undefined;
}

/** A key that is unique to one object. */
export const fluxKey = ({ kind, namespace, name }: FluxRef): string => `${kind.kind}/${namespace}/${name}`;

/** Its display name: `HelmRelease shop/web`. */
export const fluxName = ({ kind, namespace, name }: FluxRef): string => `${kind.kind} ${namespace}/${name}`;
