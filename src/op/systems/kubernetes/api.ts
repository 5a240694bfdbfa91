import { access, constants } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { namesIn } from '../../kit/files/names-shown.js';
import { valuesOf } from '../../kit/process/map-concurrently.js';
import { type Applied, type ApplyOptions, type ApplyOutcome, createCalls, type ObjectAt, type Query } from './calls.js';
import { atCluster, type Cluster, errorAtCluster } from './cluster.js';
import { createConnections } from './connections.js';
import type { FieldManager } from './field-managers.js';
import { follow, type OnState } from './follow.js';
import type { Kind } from './kind.js';
import { type LogOptions, readLogs } from './logs.js';
import type { Identity } from './missing-right.js';
import { namespaceOf } from './namespace.js';
import type { KubeObject } from './object.js';
import { createProxy, makeSocketDirectory } from './proxy.js';
import type { Clock } from './retry-request.js';

export type { FieldManager, FieldPath } from './field-managers.js';
export { type Kind, kinds } from './kind.js';
export type { Identity, Roles } from './missing-right.js';
export type { KubeObject } from './object.js';

/**
 * The API of one cluster. Calls without a namespace go to `namespace`. Every method ends with the signal's reason when op is told to
 * stop, and throws an OpError (tool, input) that says why: no right, cannot be reached, no such namespace or kind. The commands to type
 * in its hint are for this cluster.
 */
export interface KubernetesApi {
  /** The given namespace, the kubeconfig's, or the pod's. */
  readonly namespace: string;
  /** The time by the server's clock, which is the same for all its clients. */
  readonly now: () => Date;
  /** False when this kind, in this version, is not installed. */
  readonly serves: (kind: Kind) => Promise<boolean>;
  readonly get: (kind: Kind, name: string, namespace?: string) => Promise<KubeObject | undefined>;
  /** Who wrote which fields of an object; nobody for one that does not exist. */
  readonly fieldManagers: (kind: Kind, name: string, namespace?: string) => Promise<readonly FieldManager[]>;
  readonly list: (kind: Kind, query?: Query) => Promise<readonly KubeObject[]>;
  /** `conflict`: an object of that name exists already. */
  readonly create: (kind: Kind, object: object, namespace?: string) => Promise<KubeObject | 'conflict'>;
  /** `conflict`: it was changed since it was read. */
  readonly replace: (kind: Kind, object: KubeObject) => Promise<KubeObject | 'conflict' | 'gone'>;
  readonly patch: (kind: Kind, name: string, mergePatch: object, namespace?: string) => Promise<KubeObject>;
  /**
   * Creates an object or changes the given fields of it (server-side apply, as the field manager `octopipeline`). Fields that others added
   * stay. Nothing is changed when other managers own one of the fields with another value, except with `force`.
   */
  readonly apply: (kind: Kind, object: Applied, options?: ApplyOptions) => Promise<ApplyOutcome>;
  /** Deletes an object. `conflict`: it was changed since it was read, or another one has its name now. */
  readonly removeAt: (kind: Kind, object: ObjectAt) => Promise<'removed' | 'conflict' | 'gone'>;
  /** Deletes an object and what it owns. A missing object is not an error. */
  readonly remove: (kind: Kind, name: string, namespace?: string) => Promise<void>;
  /**
   * Lists, then watches until the signal: reconnects when the connection is cut, lists again when the history is gone. `onState` gets, at
   * each change, all objects by uid, and the removed ones as they were last seen. Rejects on what a retry does not change: a missing right
   * or kind, an error of `onState`, the signal.
   */
  readonly follow: (kind: Kind, query: Query, onState: OnState) => Promise<never>;
  /** The log of a container. With `onLine` each line goes there, and the result is empty. */
  readonly logs: (pod: string, options?: LogOptions) => Promise<string>;
  /** A command to type, such as `kubectl get pods`, for this cluster. */
  readonly typed: (command: string) => string;
  /** Throws an error again, with the commands of its hint for this cluster: `work(api).catch(api.rethrow)`. */
  readonly rethrow: (error: unknown) => never;
  /** The same connection for another context, whose signal then ends what is running. */
  readonly within: (context: Context) => KubernetesApi;
}

/** Which cluster, and which namespace in it. */
export interface Where extends Cluster {
  /** Relative to the working directory. */
  readonly kubeconfig?: string | undefined;
  readonly namespace?: string | undefined;
}

/** The API of a cluster for as long as its `await using` lasts. */
export type OpenApi = KubernetesApi & AsyncDisposable;

/**
 * Opens the API of a cluster; the end of its `await using` ends the connection. What the API itself throws names the cluster in its
 * commands to type. `rethrow` does the same for the caller's own errors.
 * @example
 * await using api = await openApi(context, { context: 'pp' });
 * return await findRelease(api).catch(api.rethrow);
 * @throws OpError (input) for a kubeconfig or context that is not found, (tool) without kubectl
 */
export async function openApi(context: Context, where: Where, identity: Identity = {}): Promise<OpenApi> {
  const cluster = { context: where.context, kubeconfig: await checkKubeconfig(context, where.kubeconfig) };
  const directory = await makeSocketDirectory(context);
  // Without HOME, kubectl would cache in `.kube` of the working directory.
  const kubectl = { ...context, env: { ...context.env, KUBECACHEDIR: join(directory.path, 'cache') } };
  const proxy = createProxy(kubectl, cluster, directory.path);
  const connections = createConnections(proxy.socket);
  const close = async () => {
    connections.close();
    await proxy.stop();
    await directory.dispose();
  };
  const rethrow = (error: unknown): never => {
    throw errorAtCluster(error, cluster);
  };
  try {
    // Both have ended before the directory may be removed.
    const named = namespaceOf(kubectl, cluster, where.namespace).catch(async (error: unknown) => {
      await proxy.stop();
      throw error;
    });
    const [namespace = ''] = valuesOf(await Promise.allSettled([named, proxy.socket()]));
    const clock: Clock = { ahead: 0 };
    const within = (inner: Context): KubernetesApi => {
      const calls = createCalls(inner, connections, { namespace, clock, identity });
      return {
        namespace,
        now: calls.now,
        serves: (...given) => calls.serves(...given).catch(rethrow),
        get: (...given) => calls.get(...given).catch(rethrow),
        fieldManagers: (...given) => calls.fieldManagers(...given).catch(rethrow),
        list: (...given) => calls.list(...given).catch(rethrow),
        create: (...given) => calls.create(...given).catch(rethrow),
        replace: (...given) => calls.replace(...given).catch(rethrow),
        patch: (...given) => calls.patch(...given).catch(rethrow),
        apply: (...given) => calls.apply(...given).catch(rethrow),
        removeAt: (...given) => calls.removeAt(...given).catch(rethrow),
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

/** kubectl treats a missing KUBECONFIG as an empty one, and then tries a server on port 8080. */
async function checkKubeconfig(context: Context, given: string | undefined): Promise<string | undefined> {
  if (given === undefined) return undefined;
  const path = resolve(context.cwd, given);
  await access(path, constants.R_OK).catch(async (cause: NodeJS.ErrnoException) => {
    const names = await namesIn(dirname(path));
    throw inputError({
      what: `cannot read the kubeconfig ${path}`,
      why: names === undefined ? cause.message : `${cause.message}\n${dirname(path)} has ${names}`,
      hint: 'name an existing file with --kubeconfig, or with kubeconfig in environments.yaml',
      cause,
    });
  });
  return path;
}
