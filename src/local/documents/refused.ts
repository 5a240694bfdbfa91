/** Fields of Tekton that mean something which a run on this machine cannot do. What is not here is honoured, or is noted (`noted.ts`). */

/** Why a field is refused, and what to do instead. */
export interface Refusal {
  readonly what: string;
  readonly hint: string;
}

const alpha = (feature: string): Refusal => ({
  what: `${feature} is an alpha feature, which a default Tekton refuses`,
  hint: 'remove the field',
});
const resources: Refusal = {
  what: 'PipelineResources were removed from Tekton in v0.44',
  hint: 'use a Task such as git-clone, a workspace and results instead',
};
const bundle: Refusal = {
  what: 'bundle is no longer allowed in Tekton',
  hint: 'write `resolver: bundles` with the params bundle, name and kind',
};
const cluster = (what: string): Refusal => ({
  what: `${what} is there only in a cluster`,
  hint: 'use an emptyDir, or a workspace that you bind to a directory of this machine',
});
const token: Refusal = {
  what: 'a token or certificate of a cluster cannot be made on this machine',
  hint: 'project a Secret that holds a token of your own',
};
const stepField: Refusal = {
  what: 'Tekton ignores this field of a step since v1',
  hint: 'remove the field; a sidecar can have it',
};
/** Those that a v1beta1 container still has. */
const ignoredFields = Object.fromEntries(
  [
    'ports',
    'livenessProbe',
    'readinessProbe',
    'startupProbe',
    'lifecycle',
    'terminationMessagePath',
    'terminationMessagePolicy',
    'stdin',
    'stdinOnce',
    'tty',
  ].map((field) => [field, stepField]),
);

/** By Go type, without Tekton's version, and field. `*` is every field that is not named. */
export const refusals: Readonly<Record<string, Readonly<Record<string, Refusal>>>> = {
  TaskSpec: { resources },
  EmbeddedTask: {
    resources,
    spec: { what: 'custom tasks need their controller', hint: 'replace the custom task by a Task' },
  },
  PipelineSpec: { resources },
  PipelineTask: {
    resources,
    pipelineRef: alpha('a Pipeline in a Pipeline'),
    pipelineSpec: alpha('a Pipeline in a Pipeline'),
    conditions: { what: 'Conditions were removed from Tekton', hint: 'use `when`' },
  },
  PipelineRunSpec: {
    resources,
    status: { what: 'a run that is pending or cancelled is not started', hint: 'remove spec.status' },
    managedBy: { what: 'another controller shall manage this run', hint: 'remove spec.managedBy' },
  },
  TaskRunSpec: {
    resources,
    debug: { what: 'a run on this machine does not stop at breakpoints', hint: 'remove spec.debug' },
    status: { what: 'a run that is cancelled is not started', hint: 'remove spec.status' },
    statusMessage: { what: 'a run that is cancelled is not started', hint: 'remove spec.statusMessage' },
    managedBy: { what: 'another controller shall manage this run', hint: 'remove spec.managedBy' },
  },
  TaskRef: { bundle },
  PipelineRef: { bundle },
  'v1beta1.Step': ignoredFields,
  'v1beta1.StepTemplate': { ...ignoredFields, name: stepField },
  Step: {
    stdoutConfig: alpha('stdoutConfig'),
    stderrConfig: alpha('stderrConfig'),
    volumeDevices: cluster('a block device'),
  },
  StepTemplate: { volumeDevices: cluster('a block device') },
  Sidecar: {
    volumeDevices: cluster('a block device'),
    lifecycle: { what: 'lifecycle hooks are not run on this machine', hint: 'do it in the script of the sidecar' },
    stdin: { what: 'a sidecar has no input', hint: 'remove the field' },
    stdinOnce: { what: 'a sidecar has no input', hint: 'remove the field' },
    tty: { what: 'a sidecar has no terminal', hint: 'remove the field' },
    restartPolicy: { what: 'sidecars are not restarted on this machine', hint: 'remove the field' },
  },
  WhenExpression: { cel: alpha('CEL in `when`') },
  WorkspaceBinding: { csi: cluster('a CSI volume') },
  'core/v1.Volume': {
    hostPath: {
      what: 'hostPath would give the step files of this machine',
      hint: 'declare a workspace instead, and bind it to that directory with -w',
    },
    ...Object.fromEntries(
      [
        ...['awsElasticBlockStore', 'azureDisk', 'azureFile', 'cephfs', 'cinder', 'csi', 'downwardAPI', 'ephemeral'],
        ...['fc', 'flexVolume', 'flocker', 'gcePersistentDisk', 'gitRepo', 'glusterfs', 'image', 'iscsi', 'nfs'],
        ...['photonPersistentDisk', 'portworxVolume', 'quobyte', 'rbd', 'scaleIO', 'storageos', 'vsphereVolume'],
      ].map((field) => [field, cluster(`a ${field} volume`)]),
    ),
  },
  'core/v1.VolumeProjection': {
    clusterTrustBundle: token,
    podCertificate: token,
    downwardAPI: cluster('what a pod knows about itself'),
  },
  'core/v1.VolumeMount': {
    mountPropagation: cluster('mount propagation'),
    recursiveReadOnly: cluster('a recursive read-only mount'),
    subPathExpr: { what: 'subPathExpr is not expanded on this machine', hint: 'use subPath' },
  },
  'core/v1.EnvVarSource': {
    resourceFieldRef: cluster('the resources of a container'),
    fileKeyRef: alpha('fileKeyRef'),
  },
  'core/v1.Probe': {
    grpc: { what: 'gRPC probes are not asked on this machine', hint: 'use exec, httpGet or tcpSocket' },
  },
  'pod.Template': {
    env: { what: 'env of a podTemplate is not set', hint: 'set it in the stepTemplate of the Task' },
    hostAliases: { what: 'hostAliases would change the names that this machine knows', hint: 'remove the field' },
    dnsConfig: { what: 'this machine resolves names in its own way', hint: 'remove the field' },
    dnsPolicy: { what: 'this machine resolves names in its own way', hint: 'remove the field' },
  },
};

/** What has no effect on this machine, and harms nothing by it: said once, not refused. */
export const noted: Readonly<Record<string, readonly string[]>> = {
  Step: ['imagePullPolicy', 'computeResources', 'securityContext'],
  StepTemplate: ['imagePullPolicy', 'computeResources', 'securityContext'],
  StepActionSpec: ['securityContext'],
  Sidecar: [
    ...['imagePullPolicy', 'computeResources', 'securityContext', 'livenessProbe'],
    ...['terminationMessagePath', 'terminationMessagePolicy'],
  ],
  TaskRunSpec: ['serviceAccountName', 'computeResources', 'stepSpecs', 'sidecarSpecs'],
  PipelineTaskRunTemplate: ['serviceAccountName'],
  PipelineTaskRunSpec: ['serviceAccountName', 'computeResources', 'stepSpecs', 'sidecarSpecs'],
  'core/v1.EmptyDirVolumeSource': ['medium', 'sizeLimit'],
  'pod.Template': [
    ...['affinity', 'automountServiceAccountToken', 'enableServiceLinks', 'hostNetwork', 'hostUsers'],
    ...['imagePullSecrets', 'nodeSelector', 'priorityClassName', 'runtimeClassName', 'schedulerName'],
    ...['securityContext', 'tolerations', 'topologySpreadConstraints'],
  ],
};
