import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';

/** What a policy says: fields of `spec` of a ValidatingAdmissionPolicy, without what is the same for all. */
export interface Admission {
  readonly resources: Readonly<Record<'apiGroups' | 'apiVersions' | 'operations' | 'resources', readonly string[]>>;
  /** CEL, with a name. */
  readonly matchCondition: { readonly name: string; readonly expression: string };
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
  readonly validations: readonly { readonly expression: string; readonly message: string }[];
}

/** A ValidatingAdmissionPolicy that denies, also when it cannot be evaluated, with its binding. Needs Kubernetes 1.30. */
export class AdmissionPolicy extends Construct {
  constructor(scope: Construct, id: string, name: string, { resources, matchCondition, ...rules }: Admission) {
    super(scope, id);
    new ApiObject(this, 'policy', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: { resourceRules: [resources] },
        matchConditions: [matchCondition],
        ...rules,
      },
    });
    new ApiObject(this, 'binding', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    });
  }
}
