import type { Context } from '../../context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { sleep } from '../../kit/process/sleep.js';
import { type Calls, parametersOf, pathOf, type Query } from './calls.js';
import type { Connections } from './connections.js';
import { mayHeal } from './explain.js';
import type { Kind } from './kind.js';
import { type KubeObject, parseObject, versionOf } from './object.js';
import { type WatchEvent, type Watched, watch } from './watch.js';

/** Gets all objects by uid, and those removed since the last call, as they were last seen. */
export type OnState = (objects: ReadonlyMap<string, KubeObject>, removed: readonly KubeObject[]) => void;

interface Source {
  readonly context: Context;
  readonly connections: Connections;
  readonly calls: Calls;
  readonly namespace: string;
}

/** Seconds after which the server ends a watch: a connection that died unnoticed is noticed by then. */
const watchFor = 280;

/** See `KubernetesApi.follow`. */
export async function follow(from: Source, kind: Kind, query: Query, onState: OnState): Promise<never> {
  const { context, connections, calls } = from;
  const { namespace = from.namespace } = query;
  const operation = { what: `cannot watch ${kind.plural}`, kind, namespace };
  const objects = new Map<string, KubeObject>();
  let removed: KubeObject[] = [];
  const refused: { error?: unknown } = {};
  const tell = () => {
    const gone = removed;
    removed = [];
    try {
      onState(objects, gone);
    } catch (error) {
      refused.error = error;
      throw error;
    }
  };
  let version = '';
  let failures = 0;
  // A failure before the first list is more often a wrong address or a missing right than a passing fault.
  let begun = false;
  for (;;) {
    try {
      if (version === '') {
        const listed = await calls.listed(kind, query);
        const current = new Map(listed.objects.map((object) => [object.metadata.uid, object]));
        for (const [uid, object] of objects) if (!current.has(uid)) removed.push(object);
        objects.clear();
        for (const [uid, object] of current) objects.set(uid, object);
        version = listed.resourceVersion;
        tell();
        begun = true;
      }
      const parameters = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: String(watchFor) };
      const path = pathOf(kind, namespace) + parametersOf(query, { ...parameters, resourceVersion: version });
      const ended: Watched = await watch(connections, operation, path, {
        signal: context.signal,
        patience: (watchFor + 20) * 1000,
        onEvent: (event) => {
          version = versionOf(event.object) || version;
          return apply(kind, objects, removed, event);
        },
        onChange: tell,
      });
      failures = ended === 'over' ? 0 : failures + 1;
      if (ended === 'expired') {
        context.log.debug(`${operation.what} since ${version}: that history is gone; listing again`);
        version = '';
      }
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      if (!begun || 'error' in refused || !(error instanceof OpError) || !mayHeal(error, failures)) throw error;
      failures += 1;
      context.log.debug(`${operation.what}: ${error.why}`);
      if (failures > 3) context.log.progress(`${error.message}: ${error.why}; retrying`);
    }
    if (failures > 0) await sleep(context, Math.min(50 * 2 ** failures, 10_000) * (0.5 + Math.random() / 2));
  }
}

/** @returns whether the event changes an object; a bookmark only advances the history */
function apply(
  kind: Kind,
  objects: Map<string, KubeObject>,
  removed: KubeObject[],
  { type, object }: WatchEvent,
): boolean {
  if (type === 'BOOKMARK') return false;
  const parsed = parseObject(kind, object);
  const { uid } = parsed.metadata;
  if (type === 'DELETED') {
    removed.push(parsed);
    return objects.delete(uid);
  }
  objects.set(uid, parsed);
  return true;
}
