import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

const read = ['get', 'list', 'watch'];

/** Flux objects. Flux reads a request to reconcile from an annotation, and no Role can grant `patch` on annotations alone. */
const fluxRules = (verbs: readonly string[]): readonly k8s.PolicyRule[] => [
  { apiGroups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases'], verbs: [...verbs] },
  { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations'], verbs: [...verbs] },
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['ocirepositories', 'gitrepositories', 'helmrepositories', 'helmcharts', 'buckets'],
    verbs: [...verbs],
  },
];

/** Workloads, their pods, logs and events, and the Lease of the environment. */
const workloadRules: readonly k8s.PolicyRule[] = [
  { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'], verbs: read },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: read },
  { apiGroups: [''], resources: ['pods', 'events'], verbs: read },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...read, 'create', 'update'] },
];

/** Helm stores releases in Secrets; op creates the objects that the tests of a chart consist of. */
const helmTestRules: readonly k8s.PolicyRule[] = [
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] },
  { apiGroups: [''], resources: ['pods', 'configmaps'], verbs: ['get', 'list', 'watch', 'create', 'delete'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: [...read, 'create', 'delete'] },
];

/** The Roles by name: what each allows, and where it belongs. */
const roles: Readonly<Record<string, readonly k8s.PolicyRule[]>> = {
  // Watch an environment, ask Flux to reconcile, hold the Lease.
  'octopipeline-environment': [...fluxRules([...read, 'patch']), ...workloadRules],
  // The same without `patch`: for `reconcile: "false"`.
  'octopipeline-environment-observer': [...fluxRules(read), ...workloadRules],
  // For another namespace that holds the sources and parents of an environment's component, such as flux-system. No Leases: they may
  // be those of leader election there.
  'octopipeline-flux-sources': fluxRules([...read, 'patch']),
  'octopipeline-helm-test': helmTestRules,
};

/**
 * The Roles that an environment grants to the Pipelines that deliver to it. Apply them to its namespace, and bind them there to the
 * ServiceAccounts of the Pipelines, which are in another namespace. None reaches beyond its namespace.
 */
export class EnvironmentRoles extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    for (const [name, rules] of Object.entries(roles)) {
      new k8s.KubeRole(this, name, { metadata: { name }, rules: [...rules] });
    }
  }
}
