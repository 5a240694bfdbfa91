import * as v from 'valibot';
import { oneLine } from '../../kit/log/printable.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import type { WatchStatus } from './observe/watch-status.js';

const shownEvents = 8;

const eventShape = v.object({
  type: v.optional(v.string(), ''),
  reason: v.optional(v.string(), ''),
  message: v.optional(v.string(), ''),
  count: v.optional(v.nullable(v.number())),
  lastTimestamp: v.optional(v.nullable(v.string())),
  eventTime: v.optional(v.nullable(v.string())),
  involvedObject: v.object({
    kind: v.optional(v.string(), ''),
    name: v.optional(v.string(), ''),
    uid: v.optional(v.string(), ''),
  }),
});

/** The latest Warning events of the workloads, pods and Flux objects of a watch. @throws OpError (tool) */
export async function eventLines(api: KubernetesApi, { snapshot, judgement }: WatchStatus): Promise<readonly string[]> {
  const workloads = judgement?.workloads ?? [];
  const uids = new Set(
    workloads.flatMap(({ workload, pods }) => [
      workload.uid,
      ...pods.podControllers.map(({ uid }) => uid),
      ...pods.newest.map(({ uid }) => uid),
    ]),
  );
  const names = new Set((snapshot?.flux?.parts ?? []).map(({ object }) => `${object.kind.kind}/${object.name}`));
  const namespaces = new Set([api.namespace, ...workloads.map(({ workload }) => workload.namespace)]);
  const lists = await Promise.all(
    [...namespaces].map((namespace) =>
      api.list(kinds.event, { namespace, fieldSelector: 'type=Warning' }).catch(() => []),
    ),
  );
  return lists
    .flat()
    .map((event) => v.parse(eventShape, event))
    .filter(({ involvedObject: { uid, kind, name } }) => uids.has(uid) || names.has(`${kind}/${name}`))
    .map((event) => ({ ...event, at: event.lastTimestamp ?? event.eventTime ?? '' }))
    .sort((one, other) => (one.at < other.at ? -1 : 1))
    .slice(-shownEvents)
    .map(({ at, involvedObject: { kind, name }, reason, message, count }) =>
      [
        at.slice(11, 19),
        `${kind}/${name}`,
        `${reason}${(count ?? 1) > 1 ? ` (${count} times)` : ''}: ${oneLine(message, 300)}`,
      ].join(' '),
    );
}
