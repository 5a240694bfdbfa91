/** The parts of the Kubernetes core v1 API that a Task can contain. Field order follows how people write them. */

/** A CPU, memory or storage quantity: `500m`, `1`, `128Mi`, `1Gi`. */
export type Quantity = `${number}` | `${number}${'m' | 'k' | 'M' | 'G' | 'T' | 'Ki' | 'Mi' | 'Gi' | 'Ti'}`;

/** How an object is found: one of `name` and `generateName`. */
export interface ObjectMeta {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
}

/** What a container asks for and may use at most, by resource: `cpu`, `memory`, `ephemeral-storage`. */
export interface ResourceRequirements {
  readonly requests?: { readonly [resource: string]: Quantity };
  readonly limits?: { readonly [resource: string]: Quantity };
}

/** The rights of one container. Source: Kubernetes core v1 SecurityContext; Pod Security `restricted` says which it wants. */
export interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly privileged?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  readonly seccompProfile?: { readonly type: string; readonly localhostProfile?: string };
  readonly appArmorProfile?: { readonly type: string; readonly localhostProfile?: string };
}

export interface PodSecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly fsGroup?: number;
  readonly fsGroupChangePolicy?: 'Always' | 'OnRootMismatch';
  readonly supplementalGroups?: readonly number[];
  readonly seccompProfile?: { readonly type: string; readonly localhostProfile?: string };
}

export interface SecretKeySelector {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

/** Where an environment variable comes from when it is not a value. */
export type EnvSource =
  | { readonly secretKeyRef: SecretKeySelector }
  | { readonly configMapKeyRef: SecretKeySelector }
  | { readonly fieldRef: { readonly fieldPath: string } };

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: EnvSource;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

export interface KeyToPath {
  readonly key: string;
  readonly path: string;
  readonly mode?: number;
}

export interface EmptyDir {
  readonly medium?: 'Memory';
  readonly sizeLimit?: Quantity;
}

export interface SecretVolume {
  readonly secretName: string;
  readonly items?: readonly KeyToPath[];
  readonly defaultMode?: number;
  readonly optional?: boolean;
}

export interface ConfigMapVolume {
  readonly name: string;
  readonly items?: readonly KeyToPath[];
  readonly defaultMode?: number;
  readonly optional?: boolean;
}

/** One source of a projected volume. */
export type Projection =
  | { readonly secret: { readonly name: string; readonly items?: readonly KeyToPath[]; readonly optional?: boolean } }
  | {
      readonly configMap: { readonly name: string; readonly items?: readonly KeyToPath[]; readonly optional?: boolean };
    }
  | {
      readonly downwardAPI: {
        readonly items: readonly { readonly path: string; readonly fieldRef: { readonly fieldPath: string } }[];
      };
    }
  | {
      readonly serviceAccountToken: {
        readonly path: string;
        readonly audience?: string;
        readonly expirationSeconds?: number;
      };
    };

export interface ProjectedVolume {
  readonly sources: readonly Projection[];
  readonly defaultMode?: number;
}

export interface CsiVolume {
  readonly driver: string;
  readonly readOnly?: boolean;
  readonly fsType?: string;
  readonly volumeAttributes?: { readonly [key: string]: string };
  readonly nodePublishSecretRef?: { readonly name: string };
}

/** What a volume is; exactly one kind. */
export type VolumeSource =
  | { readonly emptyDir: EmptyDir }
  | { readonly secret: SecretVolume }
  | { readonly configMap: ConfigMapVolume }
  | { readonly projected: ProjectedVolume }
  | { readonly csi: CsiVolume };

/** A volume of the Task's pod, with exactly one source; steps mount it by name. */
export type Volume = { readonly name: string } & VolumeSource;

export interface Toleration {
  readonly key?: string;
  readonly operator?: 'Exists' | 'Equal';
  readonly value?: string;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  readonly tolerationSeconds?: number;
}

/** What a run says about its pods. */
export interface PodTemplate {
  readonly nodeSelector?: { readonly [label: string]: string };
  readonly tolerations?: readonly Toleration[];
  readonly securityContext?: PodSecurityContext;
  readonly automountServiceAccountToken?: boolean;
  readonly enableServiceLinks?: boolean;
  readonly runtimeClassName?: string;
  readonly priorityClassName?: string;
  readonly schedulerName?: string;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  readonly hostUsers?: boolean;
}

/** A probe of a sidecar. */
export interface Probe {
  readonly exec?: { readonly command: readonly string[] };
  readonly httpGet?: { readonly path?: string; readonly port: number; readonly scheme?: 'HTTP' | 'HTTPS' };
  readonly tcpSocket?: { readonly port: number };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

export interface PersistentVolumeClaimTemplate {
  readonly metadata?: ObjectMeta;
  readonly spec: {
    readonly accessModes: readonly string[];
    readonly storageClassName?: string;
    readonly resources: { readonly requests: { readonly storage: Quantity } };
  };
}
