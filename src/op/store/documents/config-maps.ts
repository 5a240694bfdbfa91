import * as v from 'valibot';
import { toolError } from '../../kit/errors/op-error.js';
import { type Body, unreadable } from './body.js';
import type { Documents } from './documents.js';

type Texts = Readonly<Record<string, string>>;

/** A ConfigMap, as far as op reads and writes it. */
export interface ConfigMap {
  readonly name: string;
  readonly labels: Texts;
  readonly annotations: Texts;
  readonly data: Texts;
}

/** The ConfigMaps of a store. In a cluster they are ConfigMaps; elsewhere each is a document, whose file `kubectl apply` takes. */
export interface ConfigMaps {
  readonly get: (name: string) => Promise<ConfigMap | undefined>;
  /** Those that have the label. */
  readonly list: (label: string, value: string) => Promise<readonly ConfigMap[]>;
  /**
   * Creates it, or sets the given labels, annotations and keys. Those that others added stay; of two writers of one key the last wins.
   * @returns who had set one of these keys to another value before, if the store knows
   */
  readonly apply: (wanted: ConfigMap) => Promise<readonly string[]>;
  /** The command that shows them. */
  readonly show: (names: readonly string[]) => string;
}

/** The folder of the documents that are ConfigMaps; their files are YAML. */
export const configMapFolder = 'config-maps';

const texts = v.optional(v.record(v.string(), v.string()), {});
const shape = v.object({
  kind: v.literal('ConfigMap'),
  metadata: v.object({ name: v.string(), labels: texts, annotations: texts }),
  data: texts,
});

/** How often a change is made again because another came first. */
const attempts = 50;

/** ConfigMaps that are documents. @param show the command that shows the files of documents */
export function configMapsIn(documents: Documents, show: (files: readonly string[]) => string): ConfigMaps {
  const pathOf = (name: string) => `${configMapFolder}/${name}`;
  const read = (path: string, body: Body): ConfigMap => {
    const parsed = v.safeParse(shape, body);
    if (!parsed.success) throw unreadable(path, documents.place, v.summarize(parsed.issues));
    const { metadata, data } = parsed.output;
    return { ...metadata, data };
  };
  return {
    show: (names) => show(names.map((name) => `${pathOf(name)}.yaml`)),
    get: async (name) => {
      const found = await documents.get(pathOf(name));
      return found && read(found.path, found.body);
    },
    list: async (label, value) => {
      const found = await documents.list(configMapFolder);
      return found.map(({ path, body }) => read(path, body)).filter(({ labels }) => labels[label] === value);
    },
    apply: async (wanted) => {
      const path = pathOf(wanted.name);
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const found = await documents.get(path);
        const body = bodyOf(found === undefined ? wanted : merged(read(path, found.body), wanted));
        const written = await (found === undefined ? documents.create(path, body) : documents.replace(found, body));
        if (written !== 'conflict') return [];
      }
      throw toolError({
        what: `cannot write ConfigMap ${wanted.name} to ${documents.place}`,
        why: `another change came first in each of ${attempts} attempts`,
        hint: 'run it again; it is safe to repeat',
      });
    },
  };
}

const merged = (found: ConfigMap, wanted: ConfigMap): ConfigMap => ({
  name: wanted.name,
  labels: { ...found.labels, ...wanted.labels },
  annotations: { ...found.annotations, ...wanted.annotations },
  data: { ...found.data, ...wanted.data },
});

/** In the order that people write it in. */
const bodyOf = ({ name, labels, annotations, data }: ConfigMap): Body => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
  data,
});
