import type { Setting } from '../../kit/config/setting.js';

export const componentKinds = ['HelmRelease', 'Kustomization', 'Workload'] as const;
/** What a component is in a cluster; a Workload is one that Flux does not own. */
export type ComponentKind = (typeof componentKinds)[number];

/** One environment that images are delivered to, such as dev, pp or prod. */
export interface Environment {
  /** A DNS label. */
  readonly name: string;
  /** Registry and path that its images lie under, without a slash at the end. */
  readonly repository: Setting | undefined;
  /** Where the component and its Flux objects are; undefined: the namespace of the pod or the kubeconfig. */
  readonly namespace: string | undefined;
  /** Name of the HelmRelease, Kustomization or workload. */
  readonly component: string | undefined;
  /** Undefined: looked for. */
  readonly kind: ComponentKind | undefined;
  /** Absolute path; undefined: kubectl's own way (KUBECONFIG, ~/.kube/config, the token of the pod). */
  readonly kubeconfig: string | undefined;
  /** A context of the kubeconfig; undefined: its current one. */
  readonly context: string | undefined;
  /** Whether helm tests gate what leaves this environment. */
  readonly tests: 'helm' | 'none';
  /** What `op set-image` writes; undefined: nothing is configured. */
  readonly manifests: Manifests | undefined;
}

/** A Git repository with the manifests of an environment, and where images stand in it. */
export interface Manifests {
  readonly repository: string;
  readonly branch: string;
  readonly set: readonly ImageField[];
  /** Paths of `kustomization.yaml` files whose `images` are set. */
  readonly kustomizations: readonly string[];
}

/** One place in a YAML file that says which image runs. */
export interface ImageField {
  /** Relative to the root of the repository. */
  readonly file: string;
  /** Keys with dots between them, such as `spec.values.web.image`. */
  readonly path: string;
  /** The image's name in the build result. */
  readonly image: string;
  readonly value: ImagePart;
}

export const imageParts = ['reference', 'repository', 'tag', 'digest', 'tag@digest'] as const;
/** Which part of the image is written there; `reference` is all of it, `registry/path:tag@digest`. */
export type ImagePart = (typeof imageParts)[number];

/** The environments that there are. */
export interface Environments {
  /** The file that they come from; undefined: dev, pp and prod, with what the environment and the properties file say of them. */
  readonly origin: string | undefined;
  /** In the order of promotion. */
  readonly names: readonly string[];
  /** @throws OpError (input) for a name that is not configured */
  readonly of: (name: string) => Environment;
}
