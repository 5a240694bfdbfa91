import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

/** What the Pipeline mirror-deploy may do in the namespace of the workload. It lists no Secrets, and reads none. */
const rules: readonly k8s.PolicyRule[] = [
  // A create cannot be limited to names: Kubernetes does not know the name yet when it authorizes it.
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch', 'create'] },
  { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['get', 'create', 'patch'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
];

const volumes = { 'oc-mirror-content': '100Gi', 'oc-mirror-cache': '50Gi' } as const;

/**
 * What the namespace needs in which oc-mirror runs: an account without rights, the volumes, and the Role that is bound there to the
 * ServiceAccount of the Pipeline, which may be in another namespace.
 */
export class OcMirrorWorkloads extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new k8s.KubeServiceAccount(this, 'account', {
      metadata: { name: 'oc-mirror' },
      automountServiceAccountToken: false,
    });
    new k8s.KubeRole(this, 'role', { metadata: { name: 'octopipeline-oc-mirror' }, rules: [...rules] });
    for (const [name, size] of Object.entries(volumes)) {
      new k8s.KubePersistentVolumeClaim(this, name, {
        metadata: { name },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: k8s.Quantity.fromString(size) } },
        },
      });
    }
  }
}
