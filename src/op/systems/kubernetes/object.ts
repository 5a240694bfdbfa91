import * as v from 'valibot';
import { apiVersionOf, type Kind } from './kind.js';

const texts = v.record(v.string(), v.string());
const owner = v.looseObject({
  kind: v.string(),
  name: v.string(),
  uid: v.string(),
  controller: v.optional(v.boolean()),
});
const metadata = v.looseObject({
  name: v.string(),
  namespace: v.optional(v.string()),
  uid: v.optional(v.string(), ''),
  resourceVersion: v.optional(v.string(), ''),
  generation: v.optional(v.number()),
  labels: v.optional(texts),
  annotations: v.optional(texts),
  ownerReferences: v.optional(v.array(owner)),
  deletionTimestamp: v.optional(v.string()),
  creationTimestamp: v.optional(v.nullable(v.string())),
});
const object = v.looseObject({ metadata });

/** An object of any kind: its metadata checked, the rest as the server sent it. */
export type KubeObject = v.InferOutput<typeof object>;

/** Checks an object, drops what only the server needs (`managedFields` is often half of it), and adds its kind, which a list leaves out. */
export function parseObject(kind: Kind, value: unknown): KubeObject {
  const parsed = v.parse(object, value);
  const { managedFields: _, ...rest } = parsed.metadata;
  return { ...parsed, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: rest };
}

const versioned = v.object({ metadata: v.object({ resourceVersion: v.string() }) });

/** The resource version of an object in a watch, also of a bookmark, which has no name; empty when it has none. */
export function versionOf(value: unknown): string {
  const read = v.safeParse(versioned, value);
  return read.success ? read.output.metadata.resourceVersion : '';
}
