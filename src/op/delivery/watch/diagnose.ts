import type { Context } from '../../context.js';
import { oneLine } from '../../kit/log/printable.js';
import { startDeadline } from '../../kit/process/deadline.js';
import type { KubernetesApi } from '../../systems/kubernetes/api.js';
import { conditionLines, imageLines } from './describe-status.js';
import { describePrevious, type PreviousImage } from './judge/previous-images.js';
import type { WatchStatus } from './observe/watch-status.js';
import type { Pod } from './read/pod.js';
import { eventLines } from './warning-events.js';

const shownLines = 20;

/**
 * Prints what explains a failed watch: expected and running images, conditions, events, the log of a failing container, and what ran before.
 * Never throws.
 */
export async function diagnose(
  context: Context,
  api: KubernetesApi,
  status: WatchStatus,
  before: readonly PreviousImage[],
): Promise<void> {
  const { snapshot, judgement } = status;
  if (snapshot === undefined || judgement === undefined) return;
  const say = (title: string, lines: readonly string[]) => {
    if (lines.length > 0) context.log.step([`--- ${title}`, ...lines].join('\n'));
  };
  say('images: expected, in the template, in the pods', imageLines(judgement.workloads));
  say('conditions', conditionLines(status));
  const late = { what: 'the diagnosis timed out', why: 'the API server did not answer', hint: 'run it again' };
  try {
    using inTime = startDeadline(context, 15_000, late);
    const within = api.within(inTime.context);
    say('events', await eventLines(within, status).catch(() => []));
    for (const { title, lines } of await failingLog(within, status).catch(() => [])) say(title, lines);
  } catch (error) {
    context.log.debug(`diagnosis: ${String(error)}`);
  }
  say('before this rollout', before.map(describePrevious));
}

/** The last lines of the container that the problem names, else of the first failing one. */
async function failingLog(api: KubernetesApi, { problem, judgement }: WatchStatus) {
  const pods = (judgement?.workloads ?? []).flatMap((workload) => workload.pods.newest);
  const found = problem?.log ?? pods.flatMap(failingContainers)[0];
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
      lines: lines.length === 0 ? ['(no output)'] : lines,
    },
  ];
}

/** Containers that have run, and are not ready. */
const failingContainers = ({ name: pod, namespace, statuses }: Pod) =>
  statuses
    .filter(
      ({ ready, running, terminated, imageID }) =>
        !ready && imageID !== '' && (running || (terminated?.exitCode ?? 0) !== 0),
    )
    .map(({ name, running }) => ({ pod, namespace, container: name, previous: !running }));
