import * as v from 'valibot';
import { parseDuration } from '../../kit/options/duration.js';

/** A condition of Kubernetes or Flux. Source: k8s.io/apimachinery, metav1.Condition; apps/v1 has no observedGeneration. */
export const conditionShape = v.object({
  type: v.string(),
  status: v.string(),
  reason: v.optional(v.string(), ''),
  message: v.optional(v.string(), ''),
  observedGeneration: v.optional(v.number()),
  lastTransitionTime: v.optional(v.string()),
});
export type Condition = v.InferOutput<typeof conditionShape>;

/** The condition of that type. */
export const conditionOf = (conditions: readonly Condition[], type: string): Condition | undefined =>
  conditions.find((condition) => condition.type === type);

/** `Reason: message` */
export const describeCondition = ({ reason, message }: Condition): string =>
  [reason, message].filter((part) => part !== '').join(': ');

/**
 * The same of the condition Reconciling, with the time until which helm waits: a release that crashes ends only then.
 * Source: helm-controller, internal/reconcile/atomic_release.go: `Running 'upgrade' action with timeout of 5m0s`.
 */
export function describeReconciling(condition: Condition): string {
  const described = describeCondition(condition);
  const timeout = parseDuration(/^Running '[a-z]+' action with timeout of (\S+)$/u.exec(condition.message)?.[1] ?? '');
  const start = Date.parse(condition.lastTransitionTime ?? '');
  if (timeout === undefined || Number.isNaN(start)) return described;
  return `${described}, until ${new Date(start + timeout).toISOString().slice(11, 19)} UTC`;
}
