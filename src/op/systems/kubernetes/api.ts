import { access, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import type { Clock } from './ask.js';
import { atCluster, errorAtCluster } from './at-cluster.js';
import { createCalls, type Query } from './calls.js';
import { follow, type OnState } from './follow.js';
import type { Kind } from './kind.js';
import { type LogOptions, readLogs } from './logs.js';
import { namespaceOf } from './namespace.js';
import type { KubeObject } from './object.js';
import { createProxy } from './proxy.js';
import { createConnections } from './send.js';

export { type Kind, kinds } from './kind.js';
export type { KubeObject } from './object.js';

/**
 * The API of one cluster. Where no namespace is given it is `namespace`. Every method ends with the signal's reason when op is told
 * to stop, and throws an OpError (tool, input) with the reason in words: no right, not reachable, no such namespace or kind.
 */
export interface KubernetesApi {
  /** Where things are looked for: the given one, the kubeconfig's, or the pod's. */
  readonly namespace: string;
  /** The time by the server's clock, the same for all who talk to it. */
  readonly now: () => Date;
  /** False when this kind, in this version, is not installed. */
  readonly serves: (kind: Kind) => Promise<boolean>;
  readonly get: (kind: Kind, name: string, namespace?: string) => Promise<KubeObject | undefined>;
  readonly list: (kind: Kind, query?: Query) => Promise<readonly KubeObject[]>;
  /** `conflict`: one of that name is there already. */
  readonly create: (kind: Kind, object: object, namespace?: string) => Promise<KubeObject | 'conflict'>;
  /** `conflict`: it was changed since it was read. */
  readonly replace: (kind: Kind, object: KubeObject) => Promise<KubeObject | 'conflict' | 'gone'>;
  readonly patch: (kind: Kind, name: string, mergePatch: object, namespace?: string) => Promise<KubeObject>;
  /** What it owns goes too. One that is not there is no failure. */
  readonly remove: (kind: Kind, name: string, namespace?: string) => Promise<void>;
  /**
   * Lists, then watches for ever: a cut connection is made again, and a history that is too old is listed again. `onState` gets all
   * that is there, by uid, at each change, and what was removed since, as it was last seen. Rejects on what cannot heal: no right, no such kind, what `onState` throws, the signal.
   */
  readonly follow: (kind: Kind, query: Query, onState: OnState) => Promise<never>;
  /** The log of a container. With `onLine` each line goes there, and the text that is given is empty. */
  readonly logs: (pod: string, options?: LogOptions) => Promise<string>;
  /** A command to type, such as `kubectl get pods`, for this cluster. */
  readonly typed: (command: string) => string;
  /** Throws an error again, with the commands of its hint for this cluster: `work(api).catch(api.rethrow)`. */
  readonly rethrow: (error: unknown) => never;
  /** The same connection for another context: its signal ends what is under way. */
  readonly within: (context: Context) => KubernetesApi;
}

/** Which cluster, and where in it. */
export interface Where {
  /** Relative to the working directory. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
}

/** The API of a cluster for as long as its `await using` lasts. */
export type OpenApi = KubernetesApi & AsyncDisposable;

/**
 * Opens the API of a cluster; the end of its `await using` ends the connection. What the API itself throws names the cluster in its
 * commands to type. The caller's own errors get that from `rethrow`.
 * @example
 * await using api = await openApi(context, { context: 'pp' });
 * return await findRelease(api).catch(api.rethrow);
 * @throws OpError (input) for a kubeconfig or context that is not found, (tool) without kubectl
 */
export async function openApi(context: Context, where: Where): Promise<OpenApi> {
  const cluster = { context: where.context, kubeconfig: await checkKubeconfig(context, where.kubeconfig) };
  const proxy = await createProxy(context, cluster);
  const connections = createConnections(proxy.socket);
  const close = async () => {
    connections.close();
    await proxy.stop();
  };
  const rethrow = (error: unknown): never => {
    throw errorAtCluster(error, cluster);
  };
  try {
    const [namespace] = await Promise.all([namespaceOf(context, cluster, where.namespace), proxy.socket()]);
    const clock: Clock = { ahead: 0 };
    const within = (inner: Context): KubernetesApi => {
      const calls = createCalls(inner, connections, namespace, clock);
      return {
        namespace,
        now: calls.now,
        serves: (...given) => calls.serves(...given).catch(rethrow),
        get: (...given) => calls.get(...given).catch(rethrow),
        list: (...given) => calls.list(...given).catch(rethrow),
        create: (...given) => calls.create(...given).catch(rethrow),
        replace: (...given) => calls.replace(...given).catch(rethrow),
        patch: (...given) => calls.patch(...given).catch(rethrow),
        remove: (...given) => calls.remove(...given).catch(rethrow),
        follow: (kind, query, onState) =>
          follow({ context: inner, connections, calls, namespace }, kind, query, onState).catch(rethrow),
        logs: (pod, options = {}) => readLogs(inner, connections, pod, { namespace, ...options }).catch(rethrow),
        typed: (command) => atCluster(command, cluster),
        rethrow,
        within,
      };
    };
    return { ...within(context), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    return rethrow(error);
  }
}

/** Gives `work` the API of a cluster, and ends the connection afterwards, however `work` ends. See `openApi`. */
export async function withApi<T>(
  context: Context,
  where: Where,
  work: (api: KubernetesApi, context: Context) => Promise<T>,
): Promise<T> {
  await using api = await openApi(context, where);
  return await work(api, context).catch(api.rethrow);
}

/** kubectl takes a KUBECONFIG that is not there for an empty one, and then for a server on port 8080. */
async function checkKubeconfig(context: Context, given: string | undefined): Promise<string | undefined> {
  if (given === undefined) return undefined;
  const path = resolve(context.cwd, given);
  await access(path, constants.R_OK).catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read the kubeconfig ${path}`,
      why: cause.message,
      hint: 'name a file that is there with --kubeconfig, or with kubeconfig in environments.yaml',
      cause,
    });
  });
  return path;
}
