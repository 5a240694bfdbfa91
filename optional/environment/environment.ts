import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

const look = ['get', 'list', 'watch'];

/** The rights to watch a component, to ask Flux to reconcile, and to hold the Lease of the environment. */
const environmentRules: readonly k8s.PolicyRule[] = [
  // A request to reconcile is an annotation on the component and on its source.
  { apiGroups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases'], verbs: [...look, 'patch'] },
  { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations'], verbs: [...look, 'patch'] },
  {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['ocirepositories', 'gitrepositories', 'helmrepositories', 'helmcharts', 'buckets'],
    verbs: [...look, 'patch'],
  },
  { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'], verbs: look },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: look },
  { apiGroups: [''], resources: ['pods', 'events'], verbs: look },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...look, 'create', 'update'] },
];

/** The additional rights for helm tests: helm stores releases in Secrets, and creates the test objects of a chart. */
const helmTestRules: readonly k8s.PolicyRule[] = [
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'update'] },
  { apiGroups: [''], resources: ['pods', 'configmaps'], verbs: ['get', 'list', 'watch', 'create', 'delete'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: [...look, 'create', 'delete'] },
];

/**
 * The Roles that an environment grants to deliveries: applied to its namespace, and bound there to the ServiceAccounts of the Pipelines,
 * which live in another namespace. They grant nothing outside of that namespace.
 */
export class EnvironmentRoles extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new k8s.KubeRole(this, 'environment', {
      metadata: { name: 'octopipeline-environment' },
      rules: [...environmentRules],
    });
    new k8s.KubeRole(this, 'helm-test', {
      metadata: { name: 'octopipeline-helm-test' },
      rules: [...helmTestRules],
    });
  }
}
