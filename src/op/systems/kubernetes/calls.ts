import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { jsonOf } from '../../kit/json/parse-json.js';
import type { Answer, Connections } from './connections.js';
import { failureOfAnswer, type Operation, parseStatus } from './explain.js';
import { type FieldManager, parseFieldManagers } from './field-managers.js';
import { apiVersionOf, type Kind, kinds, pathOfGroup } from './kind.js';
import type { Identity } from './missing-right.js';
import { type KubeObject, parseObject } from './object.js';
import { type Clock, retryingRequests } from './retry-request.js';

/** Which objects of a kind; without selectors all in the API's own namespace. */
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

/** An object as it was read. */
export interface ObjectAt {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
}

/** An object to apply: the fields that op wants to own. */
export interface Applied {
  readonly metadata: { readonly name: string };
}

/** The object after an apply, or the field managers that own one of its fields with another value. */
export type ApplyOutcome = { readonly object: KubeObject } | { readonly conflictsWith: readonly string[] };

/** The calls that end by themselves. */
export type Calls = ReturnType<typeof createCalls>;

/** What all calls have in common. */
export interface CallSettings {
  /** Where a call without a namespace goes. */
  readonly namespace: string;
  readonly clock?: Clock;
  readonly identity?: Identity;
}

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
export function createCalls(
  context: Context,
  connections: Connections,
  { namespace: own, clock = { ahead: 0 }, identity }: CallSettings,
) {
  const existing = new Set<string>();
  const send = retryingRequests(context, connections, clock);
  const begin = (what: string, kind: Kind, namespace = own): Operation => ({ what, kind, namespace, identity });

  const read = (operation: Operation, answer: Answer): KubeObject => {
    if (answer.status >= 300) throw failureOfAnswer(operation, answer);
    return understand(operation, () => parseObject(operation.kind, v.parse(jsonOf(v.unknown()), answer.text)));
  };

  /**
   * An empty list and a missing object look the same in a namespace that does not exist. An account that may not read namespaces does not
   * find out.
   */
  const checkNamespace = async (operation: Operation) => {
    const { namespace } = operation;
    if (operation.kind === kinds.namespace || existing.has(namespace)) return;
    const answer = await send(operation, { method: 'GET', path: pathOf(kinds.namespace, '', namespace) });
    if (answer.status === 404) {
      throw inputError({
        what: `${operation.what} in namespace ${namespace}`,
        why: 'the namespace does not exist in this cluster',
        hint: `create it with kubectl create namespace ${namespace}, or give another --namespace or --kubeconfig`,
      });
    }
    existing.add(namespace);
  };

  const listed = async (kind: Kind, query: Query = {}): Promise<Listed> => {
    const { namespace = own } = query;
    const operation = begin(`cannot list ${kind.plural}`, kind, namespace);
    const objects: KubeObject[] = [];
    let next = '';
    for (;;) {
      const parameters = parametersOf(query, { limit: String(pageSize), ...(next === '' ? {} : { continue: next }) });
      const answer = await send(operation, { method: 'GET', path: pathOf(kind, namespace) + parameters });
      if (answer.status === 410 && next !== '') {
        // The remaining pages have expired: start again.
        objects.length = 0;
        next = '';
        continue;
      }
      if (answer.status >= 300) throw failureOfAnswer(operation, answer);
      const page = understand(operation, () => v.parse(jsonOf(list), answer.text));
      for (const item of page.items) objects.push(understand(operation, () => parseObject(kind, item)));
      next = page.metadata.continue;
      if (next !== '') continue;
      if (objects.length === 0) await checkNamespace(operation);
      return { objects, resourceVersion: page.metadata.resourceVersion };
    }
  };

  return {
    now: (): Date => new Date(context.now().getTime() + clock.ahead),
    serves: async (kind: Kind): Promise<boolean> => {
      const operation = begin(`cannot find out whether the cluster has ${kind.plural}`, kind);
      const answer = await send(operation, { method: 'GET', path: pathOfGroup(kind) });
      if (answer.status === 404) return false;
      if (answer.status >= 300) throw failureOfAnswer(operation, answer);
      const found = understand(operation, () => v.parse(jsonOf(resources), answer.text));
      return found.resources.some(({ name }) => name === kind.plural);
    },
    get: async (kind: Kind, name: string, namespace = own): Promise<KubeObject | undefined> => {
      const operation = begin(`cannot read ${kind.kind} ${name}`, kind, namespace);
      const answer = await send(operation, { method: 'GET', path: pathOf(kind, namespace, name) });
      if (!isNotFound(answer)) return read(operation, answer);
      await checkNamespace(operation);
      return undefined;
    },
    fieldManagers: async (kind: Kind, name: string, namespace = own): Promise<readonly FieldManager[]> => {
      const operation = begin(`cannot read ${kind.kind} ${name}`, kind, namespace);
      const answer = await send(operation, { method: 'GET', path: pathOf(kind, namespace, name) });
      if (isNotFound(answer)) return [];
      if (answer.status >= 300) throw failureOfAnswer(operation, answer);
      return understand(operation, () => parseFieldManagers(v.parse(jsonOf(v.unknown()), answer.text)));
    },
    list: async (kind: Kind, query: Query = {}): Promise<readonly KubeObject[]> => (await listed(kind, query)).objects,
    listed,
    create: async (kind: Kind, object: object, namespace = own): Promise<KubeObject | 'conflict'> => {
      const operation = begin(`cannot create a ${kind.kind}`, kind, namespace);
      const answer = await send(operation, { method: 'POST', path: pathOf(kind, namespace) + asOp, body: object });
      return answer.status === 409 ? 'conflict' : read(operation, answer);
    },
    replace: async (kind: Kind, object: KubeObject): Promise<KubeObject | 'conflict' | 'gone'> => {
      const { name, namespace = own } = object.metadata;
      const operation = begin(`cannot change ${kind.kind} ${name}`, kind, namespace);
      const path = pathOf(kind, namespace, name) + asOp;
      const answer = await send(operation, { method: 'PUT', path, body: object });
      if (answer.status === 409) return 'conflict';
      return isNotFound(answer) ? 'gone' : read(operation, answer);
    },
    patch: async (kind: Kind, name: string, mergePatch: object, namespace = own): Promise<KubeObject> => {
      const operation = begin(`cannot change ${kind.kind} ${name}`, kind, namespace);
      const path = pathOf(kind, namespace, name) + asOp;
      const contentType = 'application/merge-patch+json';
      return read(operation, await send(operation, { method: 'PATCH', path, body: mergePatch, contentType }));
    },
    apply: async (kind: Kind, object: Applied, options: ApplyOptions = {}): Promise<ApplyOutcome> => {
      const { namespace = own, force = false } = options;
      const { name } = object.metadata;
      const operation = begin(`cannot apply ${kind.kind} ${name}`, kind, namespace);
      const path = `${pathOf(kind, namespace, name)}${asOp}&force=${force}`;
      const body = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...object };
      // JSON is YAML, too.
      const answer = await send(operation, {
        method: 'PATCH',
        path,
        body,
        contentType: 'application/apply-patch+yaml',
      });
      const conflictsWith = answer.status === 409 ? managersIn(answer.text) : [];
      return conflictsWith.length > 0 ? { conflictsWith } : { object: read(operation, answer) };
    },
    removeAt: async (kind: Kind, { metadata }: ObjectAt, namespace = own): Promise<'removed' | 'conflict' | 'gone'> => {
      const { name, uid, resourceVersion } = metadata;
      const operation = begin(`cannot delete ${kind.kind} ${name}`, kind, namespace);
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
      const answer = await send(operation, { method: 'DELETE', path: pathOf(kind, namespace, name), body });
      if (answer.status === 409) return 'conflict';
      if (isNotFound(answer)) return 'gone';
      if (answer.status >= 300) throw failureOfAnswer(operation, answer);
      return 'removed';
    },
    remove: async (kind: Kind, name: string, namespace = own): Promise<void> => {
      const operation = begin(`cannot delete ${kind.kind} ${name}`, kind, namespace);
      const path = `${pathOf(kind, namespace, name)}?propagationPolicy=Background`;
      const answer = await send(operation, { method: 'DELETE', path });
      if (answer.status >= 300 && !isNotFound(answer)) throw failureOfAnswer(operation, answer);
    },
  };
}

/** How an object is applied. */
export interface ApplyOptions {
  readonly namespace?: string | undefined;
  /** Takes the fields of other managers. */
  readonly force?: boolean;
}

/**
 * The field manager. The proxy's default would be `kubectl`, and at each apply Flux reverts what a person changed with kubectl.
 * Source: kustomize-controller, spec.force and "field managers".
 */
const asOp = '?fieldManager=octopipeline';

const isNotFound = ({ status, text }: Answer) => status === 404 && parseStatus(text)?.reason === 'NotFound';

/** Source: apimachinery's managedfields, NewConflictError. */
const managersIn = (text: string): readonly string[] => [
  ...new Set(
    [...(parseStatus(text)?.message ?? '').matchAll(/conflicts? with "([^"]+)"/gu)].map(([, name = '']) => name),
  ),
];

const list = v.object({
  metadata: v.object({ resourceVersion: v.optional(v.string(), ''), continue: v.optional(v.string(), '') }),
  items: v.optional(v.array(v.unknown()), []),
});
const resources = v.object({ resources: v.array(v.object({ name: v.string() })) });

function understand<T>(operation: Operation, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw toolError({
      what: `${operation.what} in namespace ${operation.namespace}`,
      why: 'op does not understand the answer of the API server',
      hint: 'run it again with --debug, and check that the server of the kubeconfig is a Kubernetes API server',
      cause,
    });
  }
}
