import { createHash } from 'node:crypto';
import { refusedError } from '../../kit/errors/op-error.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { type Body, parseBody, textOf } from '../documents/body.js';
import type { Document, Documents } from '../documents/documents.js';
import { checkPath, checkPrefix, isBelow } from '../documents/path.js';
import { parseConfigMap } from './config-maps.js';

const labels = {
  'app.kubernetes.io/managed-by': 'octopipeline',
  'app.kubernetes.io/component': 'store-document',
} as const;
const component = 'app.kubernetes.io/component';
const [pathKey, bodyKey] = ['path', 'document.json'] as const;

/**
 * The name of the ConfigMap of a document: `environments/dev` gives `octopipeline-environments-dev-HASH`. A name has fewer characters
 * than a path, so 128 bits of a hash tell the paths apart; the ConfigMap also holds its path, and one of another path is refused.
 */
export function configMapNameOf(path: string): string {
  const readable = path.replace(/[^a-z0-9]+/gu, '-').slice(0, 150);
  return `octopipeline-${readable}-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
}

/** Documents as ConfigMaps in the namespace of the API. */
export function documentsOf(api: KubernetesApi): Documents {
  const place = `namespace ${api.namespace}`;
  const parse = (path: string, found: { readonly data: Readonly<Record<string, string>> }, revision: string) => ({
    path,
    body: parseBody(path, place, found.data[bodyKey] ?? ''),
    revision,
  });
  const read = async (path: string): Promise<{ readonly document: Document; readonly at: At } | undefined> => {
    const name = configMapNameOf(checkPath(path));
    const object = await api.get(kinds.configMap, name);
    if (object === undefined) return undefined;
    const found = parseConfigMap(object);
    if (found.labels[component] !== labels[component] || found.data[pathKey] !== path) throw foreign(name, path);
    const at = atOf(object);
    return { document: parse(path, found, revisionOf(at)), at };
  };
  const written = (path: string, body: Body, object: KubeObject | 'conflict' | 'gone') =>
    typeof object === 'string' ? ('conflict' as const) : { path, body, revision: revisionOf(atOf(object)) };
  /** Undefined: another revision is there, or none. */
  const at = async ({ path, revision }: Pick<Document, 'path' | 'revision'>) => {
    const found = await read(path);
    return found?.document.revision === revision ? found.at : undefined;
  };
  return {
    place,
    get: async (path) => (await read(path))?.document,
    list: async (prefix) => {
      checkPrefix(prefix);
      const objects = await api.list(kinds.configMap, { labelSelector: `${component}=${labels[component]}` });
      const documents = objects.flatMap((object) => {
        const found = parseConfigMap(object);
        const path = found.data[pathKey] ?? '';
        // Not what someone copied under another name.
        if (!isBelow(prefix, path) || configMapNameOf(path) !== found.name) return [];
        return [parse(path, found, revisionOf(atOf(object)))];
      });
      return documents.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    },
    create: async (path, body) => {
      const name = configMapNameOf(checkPath(path));
      const data = { [pathKey]: path, [bodyKey]: textOf(path, body) };
      return written(path, body, await api.create(kinds.configMap, { metadata: { name, labels }, data }));
    },
    replace: async (given, body) => {
      const data = { [pathKey]: given.path, [bodyKey]: textOf(given.path, body) };
      const found = await at(given);
      if (found === undefined) return 'conflict';
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...found, labels }, data };
      return written(given.path, body, await api.replace(kinds.configMap, object));
    },
    remove: async (given) => {
      const found = await at(given);
      if (found === undefined) return 'conflict';
      return (await api.removeAt(kinds.configMap, { metadata: found })) === 'removed' ? 'removed' : 'conflict';
    },
  };
}

interface At {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

const atOf = ({ metadata: { name, uid, resourceVersion } }: KubeObject): At => ({ name, uid, resourceVersion });
const revisionOf = ({ uid, resourceVersion }: At) => `${uid}/${resourceVersion}`;

const foreign = (name: string, path: string) =>
  refusedError({
    what: `ConfigMap ${name} is not the document ${path}`,
    why: 'someone else created it, or changed its labels',
    hint: `delete it if nothing needs it: kubectl delete configmap ${name}`,
  });
