import type { Construct } from 'constructs';
import { AdmissionPolicy } from '../admission-policy.js';

/** The annotation that asks Flux to reconcile. Source: fluxcd/pkg/apis/meta, ReconcileRequestAnnotation. */
const request = 'reconcile.fluxcd.io/requestedAt';

/** A map of strings, also where the field is absent. */
const mapOf = (object: 'object' | 'oldObject', field: 'annotations' | 'labels') =>
  `has(${object}.metadata.${field}) ? ${object}.metadata.${field} : {}`;

/** Every entry of the first map is in the second, with the same value, except for the request. */
const sameEntries = (first: string, second: string) =>
  `variables.${first}.all(key, key == '${request}' || (key in variables.${second} && variables.${second}[key] == variables.${first}[key]))`;

/**
 * Limits what the Pipelines' ServiceAccounts may change in Flux objects to the annotation that asks for a reconciliation: RBAC cannot
 * narrow `patch` to annotations, and an account that can change `spec` can make Flux deploy anything.
 *
 * It applies to all ServiceAccounts whose names start with `octopipeline-`, in any namespace: those of the Pipelines, and those of items of
 * releases, with whose token code of a repository runs. Needs Kubernetes 1.30 (ValidatingAdmissionPolicy v1).
 */
export class FluxPolicy extends AdmissionPolicy {
  constructor(scope: Construct, id: string) {
    super(scope, id, 'octopipeline-flux-annotations', {
      resources: {
        apiGroups: ['helm.toolkit.fluxcd.io', 'kustomize.toolkit.fluxcd.io', 'source.toolkit.fluxcd.io'],
        apiVersions: ['*'],
        operations: ['UPDATE'],
        resources: ['*'],
      },
      matchCondition: {
        name: 'an-account-of-octopipeline',
        expression: "request.userInfo.username.matches('^system:serviceaccount:[^:]+:octopipeline-[^:]+$')",
      },
      variables: [
        { name: 'annotations', expression: mapOf('object', 'annotations') },
        { name: 'oldAnnotations', expression: mapOf('oldObject', 'annotations') },
        { name: 'labels', expression: mapOf('object', 'labels') },
        { name: 'oldLabels', expression: mapOf('oldObject', 'labels') },
      ],
      validations: [
        {
          expression: 'object.spec == oldObject.spec',
          message: 'this account may not change the spec of Flux objects',
        },
        {
          expression: `${sameEntries('annotations', 'oldAnnotations')} && ${sameEntries('oldAnnotations', 'annotations')}`,
          message: `the only annotation that this account may change is ${request}`,
        },
        {
          expression: 'variables.labels == variables.oldLabels',
          message: 'this account may not change the labels of Flux objects',
        },
        {
          expression:
            'object.metadata.?finalizers == oldObject.metadata.?finalizers && object.metadata.?ownerReferences == oldObject.metadata.?ownerReferences',
          message: 'this account may not change finalizers or owners of Flux objects',
        },
      ],
    });
  }
}
