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
  series: v.optional(v.nullable(v.object({ lastObservedTime: v.optional(v.nullable(v.string())) }))),
  involvedObject: v.object({
    kind: v.optional(v.string(), ''),
    name: v.optional(v.string(), ''),
    uid: v.optional(v.string(), ''),
  }),
});

type KubeEvent = v.InferOutput<typeof eventShape>;

/** The steps before the watch are of the same run, Flux may have been quicker than they, and clocks of a cluster differ. */
const tolerance = 60_000;

/** When an event was last seen. Source: Kubernetes, core/v1 Event: each of the fields is used by some component. */
export const timeOf = ({
  lastTimestamp,
  eventTime,
  series,
}: Pick<KubeEvent, 'lastTimestamp' | 'eventTime' | 'series'>) =>
  [series?.lastObservedTime, lastTimestamp, eventTime]
    .map((at) => at ?? '')
    .sort()
    .at(-1) ?? '';

/** Whether an event is not of the time before this run; one without a time may be. */
export const isOfRun = (at: string, since: string): boolean =>
  Number.isNaN(Date.parse(at)) || Date.parse(at) >= Date.parse(since) - tolerance;

/** The latest Warning events of the workloads, pods and Flux objects of a watch, since the run began. @throws OpError (tool) */
export async function eventLines(
  api: KubernetesApi,
  { since, snapshot, judgement }: WatchStatus,
): Promise<readonly string[]> {
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
    .map((event) => ({ ...event, at: timeOf(event) }))
    .filter(({ at }) => isOfRun(at, since))
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
