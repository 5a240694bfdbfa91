import * as v from 'valibot';
import { toolError } from '../../kit/errors/op-error.js';
import type { ConfigMap } from './config-map.js';
import type { Kubectl } from './kubectl.js';

const strings = v.optional(v.record(v.string(), v.string()), {});
const configMap = v.object({
  metadata: v.object({ name: v.string(), labels: strings, annotations: strings }),
  data: strings,
});
/** kubectl gives one object for one name, and a List for several. */
const answer = v.union([v.object({ kind: v.literal('List'), items: v.array(configMap) }), configMap]);

/** Reads the ConfigMaps of these names that exist. @throws OpError (tool) */
export async function readExisting(
  kubectl: Kubectl,
  names: readonly string[],
): Promise<ReadonlyMap<string, ConfigMap>> {
  const text = await kubectl.must('cannot read the ConfigMaps with image info', [
    ...['get', 'configmap', '--ignore-not-found', '--output=json'],
    ...names,
  ]);
  if (text.trim() === '') return new Map();
  const read = v.safeParse(answer, JSON.parse(text));
  if (!read.success) {
    throw toolError({
      what: 'kubectl gave an answer that op does not understand',
      why: v.summarize(read.issues),
      hint: 'check with op doctor that kubectl is 1.28 or newer',
    });
  }
  const items = 'items' in read.output ? read.output.items : [read.output];
  return new Map(items.map((item) => [item.metadata.name, item]));
}
