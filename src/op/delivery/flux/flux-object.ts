import type { Kind } from '../../systems/kubernetes/api.js';
import type { Condition } from './condition.js';

/** Which object of Flux. */
export interface FluxRef {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** An object of another kind that Flux applied. */
export interface Applied {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** What op reads of a HelmRelease, a Kustomization or a source. */
export interface FluxObject extends FluxRef {
  /** The resourceVersion: a later one is a larger number. */
  readonly version: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly suspended: boolean;
  readonly conditions: readonly Condition[];
  /** The annotation that asks for a reconciliation, and the last one that the controller carried out. */
  readonly requestedAt: string | undefined;
  readonly handledAt: string | undefined;
  /** A source that no controller looks at: a HelmRepository of type oci. */
  readonly isStatic: boolean;
  /** What applied this object, nearest first. */
  readonly owners: readonly FluxRef[];
  /** Where it takes what it applies from, outermost first: a HelmRelease has its HelmRepository, then the HelmChart. */
  readonly sources: readonly FluxRef[];
  /** Of a source: what it holds. */
  readonly artifact: string | undefined;
  /** Of what takes from a source: the revision of it that it tried last. */
  readonly attempted: string | undefined;
  /** Of a HelmRelease that failed: Helm is told to try again by itself. */
  readonly triesAgain: boolean;
  /** Of a HelmRelease: the status of its newest release in Helm's history, such as `deployed` or `failed`. */
  readonly release: string | undefined;
  /** Where the objects of a HelmRelease go. */
  readonly targetNamespace: string;
  /** It deploys to another cluster, through a kubeconfig of its own. */
  readonly elsewhere: boolean;
  readonly inventory: readonly Applied[];
}

/** What an object was asked: the value of the annotation, and the version that the object had with it; undefined until the API has answered. */
export interface FluxRequest {
  readonly value: string;
  readonly version: string | undefined;
}

/** A text that stands for one object. */
export const keyOf = ({ kind, namespace, name }: FluxRef): string => `${kind.kind}/${namespace}/${name}`;

/** How a person names it: `HelmRelease shop/web`. */
export const nameOf = ({ kind, namespace, name }: FluxRef): string => `${kind.kind} ${namespace}/${name}`;
