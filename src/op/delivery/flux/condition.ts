import * as v from 'valibot';

/** A condition of Kubernetes or Flux. Source: k8s.io/apimachinery, metav1.Condition; apps/v1 has no observedGeneration. */
export const conditionShape = v.object({
  type: v.string(),
  status: v.string(),
  reason: v.optional(v.string(), ''),
  message: v.optional(v.string(), ''),
  observedGeneration: v.optional(v.number()),
});
export type Condition = v.InferOutput<typeof conditionShape>;

/** The condition of that type. */
export const conditionOf = (conditions: readonly Condition[], type: string): Condition | undefined =>
  conditions.find((condition) => condition.type === type);

/** `Reason: message` */
export const describeCondition = ({ reason, message }: Condition): string =>
  [reason, message].filter((part) => part !== '').join(': ');
