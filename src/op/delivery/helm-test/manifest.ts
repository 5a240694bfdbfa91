import * as v from 'valibot';
import { GoNumber, goScalar } from '../../kit/config/go-scalar.js';
import { oddPart } from '../../kit/config/odd-yaml.js';
import { readYamlText } from '../../kit/config/yaml-text.js';

/** The object of a manifest: plain JSON. This, and not the text of the manifest, is what op creates. */
export type Manifest = v.InferOutput<typeof shape>;

/** As Kubernetes wants it: a name such as `..`, or none, would make a request for one object one for something else. */
const name = v.pipe(v.string(), v.maxLength(253), v.regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u));
const shape = v.looseObject({
  apiVersion: v.string(),
  kind: v.string(),
  metadata: v.looseObject({ name, namespace: v.nullish(v.string(), '') }),
});

/**
 * Reads the one object of a manifest of helm. What Go's readers of YAML (`sigs.k8s.io/yaml`, go-yaml 2) might read otherwise is refused,
 * so that a chart means the same here and there.
 * @returns a string says what is wrong with it, such as "it has an anchor (&)"
 */
export function readManifest(text: string): Manifest | string {
  const odd = oddPart(text);
  if (odd !== undefined) return `it has ${odd}`;
  // Kubernetes takes other lines for the end of a document than YAML does. Source: apimachinery, util/yaml, YAMLReader.
  if (/^(?:---(?!\r?$)|\.\.\.)/mu.test(text)) return 'it has a line that begins with --- or ..., and is not ---';
  const read = readYamlText(text, goScalar);
  if ('problems' in read) return read.problems.map(({ line, what }) => `line ${line}: it ${what}`).join(', ');
  try {
    const checked = v.safeParse(shape, toJson(read.value));
    if (!checked.success)
      return 'it has no apiVersion, kind and metadata.name, which are texts, or not a name of Kubernetes';
    // helm takes whatever has items for a list, whatever its kind is. Source: unstructuredJSONScheme.decode of apimachinery.
    const isList = Object.keys(checked.output).some((key) => key.toLowerCase() === 'items');
    return isList ? 'it has items, which makes it a list' : checked.output;
  } catch (error) {
    if (error instanceof NotJson) return error.message;
    throw error;
  }
}

class NotJson extends Error {}

/** A value as JSON has it: numbers that both sides have, and keys that are texts. */
function toJson(value: unknown): unknown {
  if (value instanceof GoNumber) {
    const exact = Number.isFinite(value.value) && Math.abs(value.value) <= Number.MAX_SAFE_INTEGER;
    if (!exact) throw new NotJson(`it has the number ${value.text}, which JSON does not have`);
    return value.value;
  }
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [keyOf(key), toJson(one)]));
}

function keyOf(key: string): string {
  const isText = !/^(?:<<|~|null|Null|NULL)$/u.test(key) && typeof goScalar({ text: key, quoted: false }) === 'string';
  if (!isText) throw new NotJson(`it has the key ${JSON.stringify(key)}, which is not always a text`);
  return wellFormed(key);
}

function wellFormed(text: string): string {
  if (/\p{Cs}/u.test(text)) throw new NotJson('it has half of a character');
  return text;
}
