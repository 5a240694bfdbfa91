import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

/** What the pods of one Pipeline may do at the Kubernetes API, in their own namespace. */
export interface PipelineAccessProps {
  /** Name of the ServiceAccount, the Role and the RoleBinding. */
  readonly name: string;
  /**
   * Rules of the Role.
   * @default - none: no Role, and the ServiceAccount may do nothing
   */
  readonly rules?: readonly k8s.PolicyRule[];
  /**
   * Namespace of the ServiceAccount, which the subject of a RoleBinding must name.
   * @default - no RoleBinding: the installer makes it with one `kubectl create rolebinding`
   */
  readonly namespace?: string | undefined;
}

/**
 * The ServiceAccount of a Pipeline, with the least rights that it needs.
 * No token is mounted by itself: the one step that talks to the API mounts a short-lived one (see `apiToken`).
 */
export class PipelineAccess extends Construct {
  constructor(scope: Construct, id: string, { name, rules = [], namespace }: PipelineAccessProps) {
    super(scope, id);
    new k8s.KubeServiceAccount(this, 'account', { metadata: { name }, automountServiceAccountToken: false });
    if (rules.length === 0) return;
    new k8s.KubeRole(this, 'role', { metadata: { name }, rules: [...rules] });
    if (namespace === undefined) return;
    new k8s.KubeRoleBinding(this, 'binding', {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
  }
}
