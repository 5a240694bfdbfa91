import * as v from 'valibot';
import type { KubeObject } from '../../../systems/kubernetes/api.js';
import { type Condition, conditionShape } from '../../flux/condition.js';
import { type Container, containersOf, podSpecShape } from './container.js';
import { podTemplateHash } from './pod-template.js';

/** A ReplicaSet or a Job: the link between a workload and its pods. */
export interface PodController {
  readonly name: string;
  readonly uid: string;
  /** The uid of its workload. */
  readonly owner: string | undefined;
  /** The revision of a ReplicaSet in the history of its Deployment; 0: unknown. */
  readonly revision: number;
  readonly templateHash: string;
  readonly containers: readonly Container[];
  readonly conditions: readonly Condition[];
}

const shape = v.object({
  spec: v.object({ template: v.looseObject({ spec: podSpecShape }) }),
  status: v.optional(v.object({ conditions: v.optional(v.array(conditionShape), []) }), { conditions: [] }),
});

/** Source: Kubernetes, pkg/controller/deployment/util, RevisionAnnotation: `kubectl rollout undo` reads it too. */
const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** Reads a ReplicaSet or a Job. @throws ValiError */
export function parsePodController(object: KubeObject): PodController {
  const { spec, status } = v.parse(shape, object);
  const { name, uid, annotations = {} } = object.metadata;
  return {
    ...{ name, uid },
    owner: ownerUidOf(object),
    revision: Number(annotations[revisionAnnotation] ?? 0) || 0,
    containers: containersOf(spec.template.spec),
    templateHash: podTemplateHash(object),
    conditions: status.conditions,
  };
}

/** The uid of the object that controls this one. */
export const ownerUidOf = ({ metadata }: KubeObject) =>
  metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
