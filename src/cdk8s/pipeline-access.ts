import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

/** What a Role allows: `rules` of rbac.authorization.k8s.io/v1. Written here, because the types of the generated class are a megabyte. */
export interface PolicyRule {
  readonly apiGroups?: string[];
  readonly resources?: string[];
  readonly resourceNames?: string[];
  readonly verbs: string[];
}

/** What the pods of one Pipeline may do through the Kubernetes API, in their own namespace. */
export interface PipelineAccessProps {
  /** Name of the ServiceAccount, the Role and the RoleBinding. */
  readonly name: string;
  /**
   * Rules of the Role.
   * @default - none: no Role, and the ServiceAccount may do nothing
   */
  readonly rules?: readonly PolicyRule[];
}

/**
 * The ServiceAccount of a Pipeline, with the least rights that it needs.
 * No token is mounted automatically: the one step that talks to the API mounts a short-lived one.
 */
export class PipelineAccess extends Construct {
  constructor(scope: Construct, id: string, { name, rules = [] }: PipelineAccessProps) {
    super(scope, id);
    new k8s.KubeServiceAccount(this, 'account', { metadata: { name }, automountServiceAccountToken: false });
    if (rules.length === 0) return;
    new k8s.KubeRole(this, 'role', { metadata: { name }, rules: [...rules] });
    new k8s.KubeRoleBinding(this, 'binding', {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      // No namespace: a RoleBinding's ServiceAccount is looked for in the binding's own (docs/decisions/0003).
      subjects: [{ kind: 'ServiceAccount', name }],
    });
  }
}
