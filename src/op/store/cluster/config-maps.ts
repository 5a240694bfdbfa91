import * as v from 'valibot';
import { toolError } from '../../kit/errors/op-error.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import type { ConfigMap, ConfigMaps } from '../documents/config-maps.js';

const texts = v.nullish(v.record(v.string(), v.string()), {});

/** The ConfigMaps of a namespace. */
export const configMapsOf = (api: KubernetesApi): ConfigMaps => ({
  show: (names) => `kubectl get configmap ${names.join(' ')} --namespace ${api.namespace} --output yaml`,
  get: async (name) => {
    const found = await api.get(kinds.configMap, name);
    return found && parseConfigMap(found);
  },
  list: async (label, value) =>
    (await api.list(kinds.configMap, { labelSelector: `${label}=${value}` })).map(parseConfigMap),
  // Applied on the server side, so that labels and keys that others added stay.
  apply: async ({ name, labels, annotations, data }) => {
    const given = Object.keys(annotations).length === 0 ? {} : { annotations };
    const object = { metadata: { name, labels, ...given }, data };
    const outcome = await api.apply(kinds.configMap, object);
    if ('object' in outcome) return [];
    // Someone edited a key by hand.
    await api.apply(kinds.configMap, object, { force: true });
    return outcome.conflictsWith;
  },
});

/** Reads a ConfigMap of any origin. @throws OpError (tool) when the API server does not send what a ConfigMap holds */
export function parseConfigMap({ metadata, data }: KubeObject): ConfigMap {
  const { name, labels = {}, annotations = {} } = metadata;
  const read = v.safeParse(texts, data);
  if (read.success) return { name, labels, annotations, data: read.output ?? {} };
  throw toolError({
    what: `cannot read ConfigMap ${name}`,
    why: v.summarize(read.issues),
    hint: `look at it with: kubectl get configmap ${name} --output yaml`,
  });
}
