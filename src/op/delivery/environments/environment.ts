import type { Setting } from '../../kit/config/setting.js';
import type { ClusterFlags } from './options.js';

export const componentKinds = ['HelmRelease', 'Kustomization', 'Workload'] as const;
/** What a component is in a cluster; a Workload is a Deployment, StatefulSet or DaemonSet that Flux does not own. */
export type ComponentKind = (typeof componentKinds)[number];

/** One environment that images are delivered to, such as dev, pp or prod. */
export interface Environment {
  /** A DNS label. */
  readonly name: string;
  /** The images that may be delivered to it, by name; undefined: any. */
  readonly images: readonly string[] | undefined;
  /** Registry and path of its images, without a trailing slash. */
  readonly repository: Setting | undefined;
  /** Namespace of the component and its Flux objects; undefined: the namespace of the pod or the kubeconfig. */
  readonly namespace: string | undefined;
  /** Name of the HelmRelease, Kustomization or workload. */
  readonly component: string | undefined;
  /** Undefined: detected. */
  readonly kind: ComponentKind | undefined;
  /** Absolute path; undefined: kubectl's own rules (KUBECONFIG, ~/.kube/config, the token of the pod). */
  readonly kubeconfig: string | undefined;
  /** A context of the kubeconfig; undefined: its current one. */
  readonly context: string | undefined;
  /** Where the Helm release is installed, if that is not in the namespace of the component. */
  readonly releaseNamespace: string | undefined;
  /** Whether Helm tests gate promotion out of this environment. */
  readonly tests: 'helm' | 'none';
  /** What `op set-image` writes; undefined: not configured. */
  readonly manifests: Manifests | undefined;
}

/** A Git repository with the manifests of an environment, and the fields in it that name images. */
export interface Manifests {
  readonly repository: string;
  readonly branch: string;
  readonly set: readonly ImageField[];
  /** Paths of `kustomization.yaml` files whose `images` are set. */
  readonly kustomizations: readonly string[];
}

/** One field of a YAML file that names an image. */
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
/** Which part of the image is written; `reference` is the whole, `registry/path:tag@digest`. */
export type ImagePart = (typeof imageParts)[number];

/** All environments. */
export interface Environments {
  /** The file they are read from; undefined: dev, pp and prod, with repositories from the environment variables and the properties file. */
  readonly origin: string | undefined;
  /** In the order of promotion. */
  readonly names: readonly string[];
  /** @throws OpError (input) for a name that is not configured */
  readonly of: (name: string) => Environment;
}

/** The cluster of an environment, and the namespace in it. A context belongs to its kubeconfig: with another kubeconfig it is not used. */
export const clusterOfEnvironment = (flags: ClusterFlags, environment: Environment | undefined) => ({
  kubeconfig: flags.kubeconfig ?? environment?.kubeconfig,
  context: flags.context ?? (flags.kubeconfig === undefined ? environment?.context : undefined),
  namespace: flags.namespace ?? environment?.namespace,
});
