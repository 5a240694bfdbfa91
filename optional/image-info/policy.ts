import type { Construct } from 'constructs';
import { ours } from '../../src/op/images/publish/config-map.js';
import { AdmissionPolicy } from '../admission-policy.js';

/** That a ConfigMap has the labels of image info. */
const isImageInfo = (object: 'object' | 'oldObject') =>
  [
    `has(${object}.metadata.labels)`,
    ...Object.entries(ours).map(
      ([label, value]) =>
        `'${label}' in ${object}.metadata.labels && ${object}.metadata.labels['${label}'] == '${value}'`,
    ),
  ].join(' && ');

/**
 * Limits the ServiceAccounts of the Pipelines that publish to ConfigMaps with image info: RBAC cannot narrow `patch` to labels, and a
 * ConfigMap of the same namespace may decide about rights, such as `environments`, or the run of a schedule.
 *
 * It applies to ServiceAccounts named `octopipeline-build-push`, `octopipeline-deliver` and `octopipeline-mirror-build`, in any namespace.
 * Needs Kubernetes 1.30 (ValidatingAdmissionPolicy v1).
 */
export class ImageInfoPolicy extends AdmissionPolicy {
  constructor(scope: Construct, id: string) {
    super(scope, id, 'octopipeline-image-info', {
      resources: {
        apiGroups: [''],
        apiVersions: ['v1'],
        operations: ['CREATE', 'UPDATE', 'DELETE'],
        resources: ['configmaps'],
      },
      matchCondition: {
        name: 'an-account-that-publishes',
        expression:
          "request.userInfo.username.matches('^system:serviceaccount:[^:]+:octopipeline-(build-push|deliver|mirror-build)$')",
      },
      validations: [
        {
          expression: `(object == null || (${isImageInfo('object')})) && (oldObject == null || (${isImageInfo('oldObject')}))`,
          message: 'this account may only write ConfigMaps with image info',
        },
      ],
    });
  }
}
