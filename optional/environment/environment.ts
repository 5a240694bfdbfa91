import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

const look = ['get', 'list', 'watch'];

/** What watching a component takes, asking Flux to look at once, and holding the Lease of the environment. */
const environmentRules: readonly k8s.PolicyRule[] = [
  // Flux takes the request to reconcile as an annotation, on the component and on where it comes from.
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

/** What helm's tests take beside that: helm keeps its releases in Secrets, and makes what the tests of a chart are. */
const helmTestRules: readonly k8s.PolicyRule[] = [
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'update'] },
  { apiGroups: [''], resources: ['pods', 'configmaps'], verbs: ['get', 'list', 'watch', 'create', 'delete'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: [...look, 'create', 'delete'] },
];

/**
 * The Roles that an environment gives to those who deliver to it: applied to its namespace, and bound there to the ServiceAccounts of
 * the Pipelines, which live elsewhere. Nothing here reaches out of that namespace.
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
