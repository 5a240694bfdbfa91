import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

const documents = (verbs: readonly string[]): k8s.PolicyRule => ({
  apiGroups: [''],
  resources: ['configmaps'],
  verbs: [...verbs],
});
const change = ['get', 'list', 'create', 'update', 'delete'];

/**
 * The Roles by name. A right on ConfigMaps is for all of a namespace: RBAC knows no labels, and no names before an object is created. So state
 * and intent have namespaces of their own.
 */
const roles: Readonly<Record<string, readonly k8s.PolicyRule[]>> = {
  // Look: op status, op release list, op state get. In both namespaces.
  'octopipeline-release-viewer': [documents(['get', 'list'])],
  // Make releases and run their items. In the namespace of state, with the Role of approvers in that of intent: `up` writes what is wanted.
  'octopipeline-release-worker': [
    documents(change),
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: ['get', 'list', 'watch', 'create', 'update'],
    },
  ],
  // Say what is wanted: approve, reject, hold, roll back, change environments and custom state. In the namespace of intent.
  'octopipeline-release-approver': [documents(change)],
};

/** The Roles for releases whose state and intent are in a cluster. Apply them to both namespaces, and bind them there. */
export class ReleaseRoles extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    for (const [name, rules] of Object.entries(roles)) {
      new k8s.KubeRole(this, name, { metadata: { name }, rules: [...rules] });
    }
  }
}
