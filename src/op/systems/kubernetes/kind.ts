/** A kind of object of the Kubernetes API. */
export interface Kind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
}

const of = (group: string, version: string, plural: string, kind: string): Kind => ({ group, version, plural, kind });
const source = 'source.toolkit.fluxcd.io';

/** The kinds that op reads or writes. Sources: the API reference of Kubernetes 1.34, Flux 2.7 and Tekton Pipelines 1.x. */
export const kinds = {
  namespace: of('', 'v1', 'namespaces', 'Namespace'),
  pod: of('', 'v1', 'pods', 'Pod'),
  event: of('', 'v1', 'events', 'Event'),
  configMap: of('', 'v1', 'configmaps', 'ConfigMap'),
  secret: of('', 'v1', 'secrets', 'Secret'),
  deployment: of('apps', 'v1', 'deployments', 'Deployment'),
  statefulSet: of('apps', 'v1', 'statefulsets', 'StatefulSet'),
  daemonSet: of('apps', 'v1', 'daemonsets', 'DaemonSet'),
  replicaSet: of('apps', 'v1', 'replicasets', 'ReplicaSet'),
  controllerRevision: of('apps', 'v1', 'controllerrevisions', 'ControllerRevision'),
  cronJob: of('batch', 'v1', 'cronjobs', 'CronJob'),
  job: of('batch', 'v1', 'jobs', 'Job'),
  lease: of('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  helmRelease: of('helm.toolkit.fluxcd.io', 'v2', 'helmreleases', 'HelmRelease'),
  kustomization: of('kustomize.toolkit.fluxcd.io', 'v1', 'kustomizations', 'Kustomization'),
  ociRepository: of(source, 'v1', 'ocirepositories', 'OCIRepository'),
  gitRepository: of(source, 'v1', 'gitrepositories', 'GitRepository'),
  helmRepository: of(source, 'v1', 'helmrepositories', 'HelmRepository'),
  helmChart: of(source, 'v1', 'helmcharts', 'HelmChart'),
  bucket: of(source, 'v1', 'buckets', 'Bucket'),
  pipelineRun: of('tekton.dev', 'v1', 'pipelineruns', 'PipelineRun'),
  taskRun: of('tekton.dev', 'v1', 'taskruns', 'TaskRun'),
} as const satisfies Readonly<Record<string, Kind>>;

/** The `apiVersion` of its objects: `v1`, `apps/v1`. */
export const apiVersionOf = ({ group, version }: Kind) => (group === '' ? version : `${group}/${version}`);

/** The path of a group and version below the server's address. */
export const pathOfGroup = (kind: Kind) => `${kind.group === '' ? '/api' : '/apis'}/${apiVersionOf(kind)}`;

/** The name of a resource as rules of a Role and kubectl write it: `leases.coordination.k8s.io`. */
export const resourceOf = ({ plural, group }: Kind) => (group === '' ? plural : `${plural}.${group}`);
