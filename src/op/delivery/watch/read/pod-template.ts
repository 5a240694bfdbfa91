import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { KubeObject } from '../../../systems/kubernetes/api.js';

const shape = v.looseObject({
  spec: v.looseObject({
    template: v.optional(v.unknown()),
    jobTemplate: v.optional(v.looseObject({ spec: v.looseObject({ template: v.unknown() }) })),
  }),
});

/** Labels that controllers add to a template for their own use. */
const controllerLabels = new Set([
  'pod-template-hash',
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
]);

/**
 * A hash of the pod template of a workload, ReplicaSet or Job. Equal templates have the same hash, whatever the order of their keys; empty
 * fields count as missing, as they do for the controllers. @throws ValiError
 */
export function podTemplateHash(object: KubeObject): string {
  const { spec } = v.parse(shape, object);
  const template = spec.template ?? spec.jobTemplate?.spec.template;
  const canonical = JSON.stringify(template, (key, value: unknown) => {
    if (value === null || controllerLabels.has(key) || key === 'creationTimestamp') return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) return value;
    const entries = Object.entries(value)
      .filter(([name]) => !controllerLabels.has(name))
      .sort(([one], [other]) => (one < other ? -1 : 1));
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  });
  return createHash('sha256')
    .update(canonical ?? '')
    .digest('hex');
}
