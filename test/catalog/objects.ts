/** The parts of Kubernetes and Tekton objects that the catalog rules read, as in YAML. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec?: AnySpec;
  readonly automountServiceAccountToken?: boolean;
  readonly rules?: readonly unknown[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

interface Metadata {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The specs of Task, Pipeline, PipelineRun, TaskRun and NetworkPolicy in one type. */
interface AnySpec extends Partial<TaskSpec>, Partial<PipelineSpec> {
  readonly taskSpec?: TaskSpec;
  readonly pipelineSpec?: PipelineSpec;
  readonly pipelineRef?: { readonly name?: string };
  readonly taskRunTemplate?: { readonly serviceAccountName?: string };
  readonly podSelector?: {
    readonly matchLabels?: Readonly<Record<string, string>>;
    readonly matchExpressions?: readonly { readonly key: string; readonly values?: readonly string[] }[];
  };
}

export interface TaskSpec {
  readonly displayName?: string;
  readonly description?: string;
  readonly params?: readonly Param[];
  readonly results?: readonly Result[];
  readonly workspaces?: readonly Workspace[];
  readonly steps: readonly Container[];
  readonly sidecars?: readonly Container[];
  readonly stepTemplate?: Container;
  readonly volumes?: readonly Volume[];
}

export interface PipelineSpec {
  readonly displayName?: string;
  readonly params?: readonly Param[];
  readonly results?: readonly Result[];
  readonly tasks: readonly PipelineTask[];
  readonly finally?: readonly PipelineTask[];
}

export interface PipelineTask {
  readonly name: string;
  readonly taskRef?: { readonly name?: string };
  readonly taskSpec?: TaskSpec;
  readonly params?: readonly { readonly name: string; readonly value: unknown }[];
  readonly timeout?: string;
}

export interface Param {
  readonly name: string;
  readonly type?: string;
  readonly default?: unknown;
}

export interface Result {
  readonly name: string;
  readonly value?: string;
}

interface Workspace {
  readonly name: string;
  readonly mountPath?: string;
  readonly readOnly?: boolean;
  readonly optional?: boolean;
}

interface Volume {
  readonly name: string;
  readonly [source: string]: unknown;
}

/** A step, a sidecar or a step template. */
export interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly script?: string;
  readonly env?: readonly EnvironmentVariable[];
  readonly envFrom?: readonly { readonly secretRef?: unknown }[];
  readonly securityContext?: SecurityContext;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly workspaces?: readonly { readonly name: string; readonly mountPath?: string }[];
  readonly computeResources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}

interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: unknown };
}

export interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly procMount?: string;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seccompProfile?: { readonly type?: string };
}
