import * as v from 'valibot';
import { oneLine } from '../../kit/log/printable.js';
import { withoutNames } from '../../kit/log/without-names.js';
import type { KubeObject } from '../../systems/kubernetes/api.js';

const state = v.object({
  waiting: v.optional(v.object({ reason: v.optional(v.string(), ''), message: v.optional(v.string(), '') })),
  running: v.optional(v.unknown()),
  terminated: v.optional(
    v.object({ exitCode: v.number(), reason: v.optional(v.string(), ''), finishedAt: v.nullish(v.string()) }),
  ),
});
const container = v.object({ name: v.string(), containerID: v.optional(v.string(), ''), state: v.optional(state, {}) });
const deleting = v.object({
  deletionTimestamp: v.optional(v.string()),
  deletionGracePeriodSeconds: v.optional(v.number(), 0),
});
/** Source: the API reference of Kubernetes, PodStatus and JobStatus. */
const shape = v.object({
  spec: v.optional(v.object({ containers: v.optional(v.array(v.unknown()), []) }), {}),
  status: v.optional(
    v.object({
      phase: v.optional(v.string(), ''),
      reason: v.optional(v.string(), ''),
      message: v.optional(v.string(), ''),
      conditions: v.optional(
        v.array(
          v.object({
            type: v.string(),
            status: v.string(),
            reason: v.optional(v.string(), ''),
            message: v.optional(v.string(), ''),
          }),
        ),
        [],
      ),
      initContainerStatuses: v.optional(v.array(container), []),
      containerStatuses: v.optional(v.array(container), []),
    }),
    {},
  ),
});

/** The state of the Pod or Job of a test. */
export interface TestProgress {
  readonly is: 'waiting' | 'running' | 'succeeded' | 'failed';
  /** Why it waits, or how it failed. */
  readonly why: string;
  /** Waiting longer will not help. */
  readonly hopeless?: true;
}

/** A container that has started, so that it has a log. */
export interface Started {
  readonly container: string;
  readonly id: string;
  readonly alone: boolean;
}

/** Reads the state of a Pod. */
export function progressOfPod(pod: KubeObject): TestProgress {
  const { status } = v.parse(shape, pod);
  const containers = [...status.initContainerStatuses, ...status.containerStatuses];
  const asked = deletionOf(pod);
  const ends = containers.map(({ state: { terminated } }) => new Date(terminated?.finishedAt ?? 0).getTime());
  if (status.phase === 'Succeeded') {
    // A program that is stopped by a deletion may exit with code 0.
    if (asked !== undefined && ends.some((end) => end > asked)) return { is: 'failed', why: deleted };
    return { is: 'succeeded', why: '' };
  }
  if (status.phase === 'Failed') {
    const ended = containers.find(({ state: { terminated } }) => terminated !== undefined && terminated.exitCode !== 0);
    const code = ended?.state.terminated;
    if (asked !== undefined && (ends.some((end) => end > asked) || code?.reason === 'ContainerStatusUnknown')) {
      return { is: 'failed', why: deleted };
    }
    const how = code && `container ${ended.name} ended with exit code ${code.exitCode} (${oneLine(code.reason)})`;
    return { is: 'failed', why: [how, reasonOf(status)].filter(Boolean).join('; ') || 'it failed' };
  }
  const waits = containers.find(({ state: { waiting } }) => waiting !== undefined && !normal.has(waiting.reason));
  if (waits?.state.waiting !== undefined) {
    const { waiting } = waits.state;
    const why = `container ${waits.name} waits: ${reasonOf(waiting)}`;
    return { is: 'waiting', why, ...(isHopeless(waiting) && { hopeless: true }) };
  }
  const scheduled = status.conditions.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return { is: 'waiting', why: `not scheduled: ${reasonOf(scheduled)}` };
  return status.phase === 'Running'
    ? { is: 'running', why: 'still running' }
    : { is: 'waiting', why: 'not started yet' };
}

/** When its deletion was requested; the timestamp itself is when it will be killed. */
function deletionOf({ metadata }: KubeObject): number | undefined {
  const { deletionTimestamp: until, deletionGracePeriodSeconds: grace } = v.parse(deleting, metadata);
  return until === undefined ? undefined : new Date(until).getTime() - grace * 1000;
}

const deleted = 'it was deleted before it finished';

/** Whether the kubelet will never get the image. The first failed pull does not count: the registry may still be starting. */
const isHopeless = ({ reason, message }: { readonly reason: string; readonly message: string }) =>
  /^(?:InvalidImageName|ErrImageNeverPull)$/u.test(reason) ||
  (reason === 'ImagePullBackOff' &&
    /not ?found|manifest unknown|does not exist|denied|unauthorized|forbidden|no match for platform/iu.test(
      withoutNames(message),
    ));

const normal: ReadonlySet<string> = new Set(['', 'ContainerCreating', 'PodInitializing']);

/** Reads the state of a Job. */
export function progressOfJob(job: KubeObject): TestProgress {
  const { status } = v.parse(shape, job);
  const has = (type: string) => status.conditions.find((one) => one.type === type && one.status === 'True');
  if (has('Complete')) return { is: 'succeeded', why: '' };
  const failed = has('Failed');
  return failed
    ? { is: 'failed', why: `its Job failed: ${reasonOf(failed)}` }
    : { is: 'running', why: 'its Job is still running' };
}

/** The containers of a Pod that have a log. */
export function startedIn(pod: KubeObject): readonly Started[] {
  const { spec, status } = v.parse(shape, pod);
  const all = [...status.initContainerStatuses, ...status.containerStatuses];
  return all
    .filter(({ containerID, state: { running, terminated } }) => containerID !== '' && (running || terminated))
    .map(({ name, containerID: id }) => ({
      container: name,
      id,
      alone: spec.containers.length === 1 && status.initContainerStatuses.length === 0,
    }));
}

const reasonOf = ({ reason, message }: { readonly reason: string; readonly message: string }) =>
  [reason, oneLine(message, 300)].filter(Boolean).join(', ');
