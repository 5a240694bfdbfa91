/** Plain JSON, as Kubernetes objects are. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/**
 * Puts the fields of `value` into the order of `like`; fields that only `value` has come last, in their own order.
 * cdk8s sorts every field by name, and a person writes `name` before `image`.
 */
export function orderLike(value: Json, like: Json | undefined): Json {
  if (isList(value)) {
    const items = isList(like) ? like : [];
    return value.map((item, index) => orderLike(item, items[index]));
  }
  if (!isObject(value) || !isObject(like)) return value;
  const first = Object.keys(like).filter((key) => key in value);
  const rest = Object.keys(value).filter((key) => !(key in like));
  return Object.fromEntries([...first, ...rest].map((key) => [key, orderLike(value[key] ?? null, like[key])]));
}

/** The order in which people write the first fields of any Kubernetes object. */
export const objectHead: JsonObject = {
  apiVersion: '',
  kind: '',
  metadata: { name: '', generateName: '', namespace: '', labels: {}, annotations: {} },
};
