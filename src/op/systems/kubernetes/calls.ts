import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { type Clock, createAsk } from './ask.js';
import { type Asked, failureOfAnswer, parseStatus } from './explain.js';
import { type Kind, kinds, pathOfGroup } from './kind.js';
import { type KubeObject, parseObject } from './object.js';
import type { Answer, Connections } from './send.js';

/** What of a kind; nothing given is all in the API's own namespace. */
export interface Query {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** A list, and the moment of the cluster's history that it shows. */
export interface Listed {
  readonly objects: readonly KubeObject[];
  readonly resourceVersion: string;
}

/** The calls that end by themselves. */
export type Calls = ReturnType<typeof createCalls>;

const pageSize = 500;

/** The path of a kind's objects, or of one of them. */
export const pathOf = (kind: Kind, namespace: string, name?: string) => {
  const place = kind === kinds.namespace ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const one = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${pathOfGroup(kind)}${place}/${kind.plural}${one}`;
};

/** The query of a list or a watch. */
export function parametersOf({ labelSelector, fieldSelector }: Query, more: Readonly<Record<string, string>>): string {
  const parameters = new URLSearchParams(more);
  if (labelSelector) parameters.set('labelSelector', labelSelector);
  if (fieldSelector) parameters.set('fieldSelector', fieldSelector);
  return `?${parameters}`;
}

/** Creates the calls for one context; all of them use its signal. */
export function createCalls(context: Context, connections: Connections, own: string, clock: Clock = { ahead: 0 }) {
  const seen = new Set<string>();
  const call = createAsk(context, connections, clock);

  const read = (asked: Asked, answer: Answer): KubeObject => {
    if (answer.status >= 300) throw failureOfAnswer(asked, answer);
    return understand(asked, () => parseObject(asked.kind, JSON.parse(answer.text)));
  };

  /** An empty list and a missing object look the same in a namespace that is not there. Who may not ask is not told. */
  const checkNamespace = async (asked: Asked) => {
    const { namespace } = asked;
    if (asked.kind === kinds.namespace || seen.has(namespace)) return;
    const answer = await call(asked, { method: 'GET', path: pathOf(kinds.namespace, '', namespace) });
    if (answer.status === 404) {
      throw inputError({
        what: `${asked.what} in namespace ${namespace}`,
        why: `there is no namespace "${namespace}" in this cluster`,
        hint: `make it with kubectl create namespace ${namespace}, or give another --namespace or --kubeconfig`,
      });
    }
    seen.add(namespace);
  };

  const listed = async (kind: Kind, query: Query = {}): Promise<Listed> => {
    const namespace = query.namespace ?? own;
    const asked = { what: `cannot list ${kind.plural}`, kind, namespace };
    const objects: KubeObject[] = [];
    let next = '';
    for (;;) {
      const parameters = parametersOf(query, { limit: String(pageSize), ...(next === '' ? {} : { continue: next }) });
      const answer = await call(asked, { method: 'GET', path: pathOf(kind, namespace) + parameters });
      if (answer.status === 410 && next !== '') {
        // The pages that are left are too old to be had: begin again.
        objects.length = 0;
        next = '';
        continue;
      }
      if (answer.status >= 300) throw failureOfAnswer(asked, answer);
      const page = understand(asked, () => v.parse(list, JSON.parse(answer.text)));
      for (const item of page.items) objects.push(understand(asked, () => parseObject(kind, item)));
      next = page.metadata.continue;
      if (next !== '') continue;
      if (objects.length === 0) await checkNamespace(asked);
      return { objects, resourceVersion: page.metadata.resourceVersion };
    }
  };

  return {
    now: (): Date => new Date(context.now().getTime() + clock.ahead),
    serves: async (kind: Kind): Promise<boolean> => {
      const asked = { what: `cannot ask whether there is a ${kind.kind}`, kind, namespace: own };
      const answer = await call(asked, { method: 'GET', path: pathOfGroup(kind) });
      if (answer.status === 404) return false;
      if (answer.status >= 300) throw failureOfAnswer(asked, answer);
      const found = understand(asked, () => v.parse(resources, JSON.parse(answer.text)));
      return found.resources.some(({ name }) => name === kind.plural);
    },
    get: async (kind: Kind, name: string, namespace = own): Promise<KubeObject | undefined> => {
      const asked = { what: `cannot read ${kind.kind} ${name}`, kind, namespace };
      const answer = await call(asked, { method: 'GET', path: pathOf(kind, namespace, name) });
      if (answer.status !== 404 || parseStatus(answer.text)?.reason !== 'NotFound') return read(asked, answer);
      await checkNamespace(asked);
      return undefined;
    },
    list: async (kind: Kind, query: Query = {}): Promise<readonly KubeObject[]> => (await listed(kind, query)).objects,
    listed,
    create: async (kind: Kind, object: object, namespace = own): Promise<KubeObject | 'conflict'> => {
      const asked = { what: `cannot create a ${kind.kind}`, kind, namespace };
      const answer = await call(asked, { method: 'POST', path: pathOf(kind, namespace) + asOurselves, body: object });
      return answer.status === 409 ? 'conflict' : read(asked, answer);
    },
    replace: async (kind: Kind, object: KubeObject): Promise<KubeObject | 'conflict' | 'gone'> => {
      const { name, namespace = own } = object.metadata;
      const asked = { what: `cannot change ${kind.kind} ${name}`, kind, namespace };
      const path = pathOf(kind, namespace, name) + asOurselves;
      const answer = await call(asked, { method: 'PUT', path, body: object });
      if (answer.status === 409) return 'conflict';
      if (answer.status === 404 && parseStatus(answer.text)?.reason === 'NotFound') return 'gone';
      return read(asked, answer);
    },
    patch: async (kind: Kind, name: string, mergePatch: object, namespace = own): Promise<KubeObject> => {
      const asked = { what: `cannot change ${kind.kind} ${name}`, kind, namespace };
      const path = pathOf(kind, namespace, name) + asOurselves;
      const contentType = 'application/merge-patch+json';
      return read(asked, await call(asked, { method: 'PATCH', path, body: mergePatch, contentType }));
    },
    remove: async (kind: Kind, name: string, namespace = own): Promise<void> => {
      const asked = { what: `cannot delete ${kind.kind} ${name}`, kind, namespace };
      const path = `${pathOf(kind, namespace, name)}?propagationPolicy=Background`;
      const answer = await call(asked, { method: 'DELETE', path });
      if (answer.status === 404 && parseStatus(answer.text)?.reason === 'NotFound') return;
      if (answer.status >= 300) throw failureOfAnswer(asked, answer);
    },
  };
}

/**
 * The proxy's own name would be `kubectl`, and Flux takes back at each apply whatever a person has changed with that.
 * Source: kustomize-controller, spec.force and "field managers".
 */
const asOurselves = '?fieldManager=octopipeline';

const list = v.object({
  metadata: v.object({ resourceVersion: v.optional(v.string(), ''), continue: v.optional(v.string(), '') }),
  items: v.optional(v.array(v.unknown()), []),
});
const resources = v.object({ resources: v.array(v.object({ name: v.string() })) });

function understand<T>(asked: Asked, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw toolError({
      what: `${asked.what} in namespace ${asked.namespace}`,
      why: 'the API server gave an answer that op does not understand',
      hint: 'run it again with --debug, and check that the server of the kubeconfig is a Kubernetes API server',
      cause,
    });
  }
}
