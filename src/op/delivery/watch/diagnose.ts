import * as v from 'valibot';
import type { Context } from '../../context.js';
import { oneLine } from '../../kit/log/printable.js';
import { table } from '../../kit/log/table.js';
import { withDeadline } from '../../kit/process/deadline.js';
import { type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { formatReference } from '../../systems/registry/reference.js';
import { sayCondition } from '../flux/condition.js';
import { nameOf } from '../flux/flux-object.js';
import type { LastSeen } from './endings.js';
import { digestOfImageId, shortDigests as short } from './image-match.js';
import { nameOfWorkload } from './judge.js';
import type { WorkloadJudgement } from './judge-workload.js';
import type { Pod } from './pod.js';

const shownEvents = 8;
const shownLines = 20;

/** Prints what is needed to see why it did not work: expected and running images, conditions, events, the log of what fails. Never throws. */
export async function diagnose(context: Context, api: KubernetesApi, last: LastSeen): Promise<void> {
  const { snapshot, judgement } = last;
  if (snapshot === undefined || judgement === undefined) return;
  const say = (title: string, lines: readonly string[]) => {
    if (lines.length > 0) context.log.step([`--- ${title}`, ...lines].join('\n'));
  };
  say('images: expected, in the template, in the pods', imageLines(judgement.workloads));
  say('conditions', conditionLines(last));
  const late = { what: 'the diagnosis took too long', why: 'the API server did not answer', hint: 'run it again' };
  await withDeadline(context, 15_000, late, async (inTime) => {
    const within = api.within(inTime);
    say('events', await eventLines(within, last).catch(() => []));
    for (const { title, lines } of await logsOf(within, last).catch(() => [])) say(title, lines);
  }).catch((error: unknown) => context.log.debug(`diagnosis: ${String(error)}`));
}

function imageLines(workloads: readonly WorkloadJudgement[]): readonly string[] {
  const rows = workloads.flatMap(({ workload, pods, shall }) =>
    workload.containers.flatMap((container) => {
      const expected = shall.get(container.name);
      const running = [...pods.newest, ...pods.older].flatMap((pod) => {
        const id = pod.statuses.find(({ name }) => name === container.name)?.imageID ?? '';
        return id === '' ? ['nothing'] : [digestOfImageId(id) ?? id];
      });
      const counts = [...new Set(running)].map((id) => `${running.filter((one) => one === id).length} x ${short(id)}`);
      return [
        [
          `${workload.kind}/${workload.name}`,
          container.name,
          expected === undefined ? '-' : short(formatReference(expected.image)),
          short(container.text),
          counts.join(', ') || 'no pods',
        ],
      ];
    }),
  );
  return rows.length === 0
    ? []
    : table([['WORKLOAD', 'CONTAINER', 'EXPECTED', 'TEMPLATE', 'PODS'], ...rows]).split('\n');
}

function conditionLines({ snapshot, judgement }: LastSeen): readonly string[] {
  const flux = (snapshot?.flux?.parts ?? []).flatMap(({ object }) =>
    object.conditions
      .filter(
        ({ type, status }) =>
          (type === 'Ready' && status !== 'True') ||
          ((type === 'Stalled' || type === 'Reconciling') && status === 'True'),
      )
      .map((one) => `${nameOf(object)} ${one.type}=${one.status}: ${oneLine(sayCondition(one), 400)}`),
  );
  const workloads = (judgement?.workloads ?? []).flatMap((one) => [
    ...(one.state === 'proven' || one.state === 'idle' ? [] : [`${nameOfWorkload(one)}: ${one.why}`]),
    ...one.workload.conditions
      .filter(({ type, status }) => (type === 'ReplicaFailure') === (status === 'True'))
      .map(
        (condition) =>
          `${nameOfWorkload(one)} ${condition.type}=${condition.status}: ${oneLine(sayCondition(condition), 400)}`,
      ),
    ...one.pods.newest.flatMap(({ name, conditions }) =>
      conditions
        .filter(({ type, status }) => type === 'PodScheduled' && status === 'False')
        .map((condition) => `Pod ${name} ${oneLine(sayCondition(condition), 300)}`),
    ),
  ]);
  return [...flux, ...workloads];
}

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

async function eventLines(api: KubernetesApi, { snapshot, judgement }: LastSeen): Promise<readonly string[]> {
  const workloads = judgement?.workloads ?? [];
  const uids = new Set(
    workloads.flatMap(({ workload, pods }) => [
      workload.uid,
      ...pods.generations.map(({ uid }) => uid),
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

async function logsOf(api: KubernetesApi, { trouble, judgement }: LastSeen) {
  const found = trouble?.log ?? (judgement?.workloads ?? []).flatMap(({ pods }) => pods.newest.flatMap(failing))[0];
  if (found === undefined) return [];
  const { pod, container, namespace, previous } = found;
  const text = await api.logs(pod, { namespace, container, previous, tailLines: shownLines });
  const lines = text
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((line) => oneLine(line, 300));
  return [
    {
      title: `last lines of container ${container} of pod ${pod}`,
      lines: lines.length === 0 ? ['(it printed nothing)'] : lines,
    },
  ];
}

/** Containers that have run, and are not ready. */
const failing = ({ name: pod, namespace, statuses }: Pod) =>
  statuses
    .filter(
      ({ ready, running, ended, imageID }) => !ready && imageID !== '' && (running || (ended?.exitCode ?? 0) !== 0),
    )
    .map(({ name, running }) => ({ pod, namespace, container: name, previous: !running }));
