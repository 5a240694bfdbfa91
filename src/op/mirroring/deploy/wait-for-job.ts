import * as v from 'valibot';
import type { Context } from '../../context.js';
import { deadlineError, type OpError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { followUntil } from '../../systems/kubernetes/follow-until.js';
import { containerName } from './workload.js';

/** How a Job has ended. */
export interface JobEnd {
  /** What op printed last in its pod: `oc-mirror: …`. */
  readonly summary: string;
  readonly failure: OpError | undefined;
}

const state = v.optional(
  v.object({
    waiting: v.optional(v.object({ reason: v.optional(v.string(), ''), message: v.optional(v.string(), '') })),
    running: v.optional(v.looseObject({})),
    terminated: v.optional(v.object({ exitCode: v.number(), reason: v.optional(v.string(), '') })),
  }),
  {},
);
const noState: v.InferOutput<typeof state> = {};
const statuses = v.optional(v.array(v.object({ name: v.string(), state })), []);
const conditions = v.optional(
  v.array(
    v.object({
      type: v.string(),
      status: v.string(),
      reason: v.optional(v.string(), ''),
      message: v.optional(v.string(), ''),
    }),
  ),
  [],
);
const podShape = v.object({
  status: v.optional(
    v.object({
      phase: v.optional(v.string(), ''),
      conditions,
      containerStatuses: statuses,
      initContainerStatuses: statuses,
    }),
    { phase: '', conditions: [], containerStatuses: [], initContainerStatuses: [] },
  ),
});
const jobShape = v.object({ status: v.optional(v.object({ conditions }), { conditions: [] }) });

/** What a pod says of itself. */
interface PodState {
  readonly name: string;
  /** Its container runs or has run: there is a log. */
  readonly started: boolean;
  /** Also when its container never started. */
  readonly ended: boolean;
  readonly exitCode: number | undefined;
  /** Why it does not start; empty when it does. */
  readonly why: string;
}

/**
 * Prints what the pod of a Job prints, and waits for the end of the Job.
 * @throws OpError (deadline) when it does not end in time: the Job goes on
 */
export async function waitForJob(context: Context, api: KubernetesApi, job: string, limit: number): Promise<JobEnd> {
  const until = performance.now() + limit;
  const left = () => Math.max(1, Math.floor(until - performance.now()));
  const labelSelector = `batch.kubernetes.io/job-name=${job}`;
  let told = '';
  const pod = await followUntil(context, api, {
    kind: kinds.pod,
    query: { labelSelector },
    read: (objects) => {
      const found = podState(objects);
      if (found !== undefined && found.why !== told) {
        told = found.why;
        if (told !== '') context.log.progress(`pod ${found.name} waits: ${told}`);
      }
      return found;
    },
    isOver: (found) => found !== undefined && (found.started || found.ended),
    // A Job that cannot make a pod, or whose pod cannot start, ends at its own deadline at the latest.
    limit: left(),
  });
  const summary = pod?.started === true ? await printLog(context, api, pod.name, left()) : '';
  const end = await followUntil(context, api, {
    kind: kinds.job,
    query: { fieldSelector: `metadata.name=${job}` },
    read: ([object]) => endOf(object),
    isOver: (found) => found !== undefined,
    limit: left(),
  });
  if (end?.type === 'Complete') return { summary, failure: undefined };
  const [last] = await api.list(kinds.pod, { labelSelector });
  const found = last === undefined ? undefined : podState([last]);
  const hint = api.typed(`kubectl describe job ${job} --namespace ${api.namespace}`);
  if (end === undefined) throw tooLate(job, found, limit, hint);
  const code = found?.exitCode;
  const why = code === undefined ? oneLine(`${end.reason}: ${end.message}`, 300) : sayExit(code);
  const advice = code === undefined ? hint : 'its log, above, says what to do';
  return { summary, failure: toolError({ what: `the Job ${job} has failed`, why, hint: advice }) };
}

/** Prints the log until the container ends. @returns the line with op's verdict */
async function printLog(context: Context, api: KubernetesApi, pod: string, limit: number): Promise<string> {
  const over = AbortSignal.timeout(limit);
  let summary = '';
  const onLine = (line: string) => {
    const clean = oneLine(line, 2000);
    if (clean.startsWith('oc-mirror: ')) summary = clean;
    context.log.step(clean);
  };
  const inner = { ...context, signal: AbortSignal.any([context.signal, over]) };
  await api
    .within(inner)
    .logs(pod, { container: containerName, follow: true, onLine })
    .catch((error: unknown) => {
      context.signal.throwIfAborted();
      // The log is for people: the Job itself says how it ends.
      if (!over.aborted) context.log.warn(`the log of ${pod} cannot be followed: ${String(error)}`);
    });
  return summary;
}

function podState(objects: readonly KubeObject[]): PodState | undefined {
  const [newest] = objects.toSorted((a, b) =>
    (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''),
  );
  if (newest === undefined) return undefined;
  const { status } = v.parse(podShape, newest);
  const main = status.containerStatuses.find(({ name }) => name === containerName)?.state ?? noState;
  const first = status.initContainerStatuses.map((one) => one.state).find((one) => one.terminated?.exitCode !== 0);
  const { waiting } = first ?? main;
  const scheduled = status.conditions.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  const isUsual = waiting === undefined || ['PodInitializing', 'ContainerCreating'].includes(waiting.reason);
  return {
    name: newest.metadata.name,
    ended: ['Succeeded', 'Failed'].includes(status.phase),
    started: main.running !== undefined || main.terminated !== undefined,
    exitCode: main.terminated?.exitCode,
    why:
      scheduled !== undefined
        ? oneLine(`${scheduled.reason}: ${scheduled.message}`, 300)
        : isUsual
          ? ''
          : oneLine(`${waiting.reason}: ${waiting.message}`, 300),
  };
}

/** The condition that ends a Job; undefined while it has none. */
function endOf(object: KubeObject | undefined) {
  const read = v.safeParse(jobShape, object);
  const all = read.success ? read.output.status.conditions : [];
  return all.find(({ type, status }) => status === 'True' && ['Complete', 'Failed'].includes(type));
}

const tooLate = (job: string, pod: PodState | undefined, limit: number, hint: string): OpError =>
  deadlineError({
    what: `the Job ${job} has not ended after ${Math.round(limit / 1000)} s`,
    why:
      pod === undefined
        ? 'it has no pod: a quota, or the Pod Security of the namespace, may refuse it'
        : pod.why || `it goes on: ${pod.name} is at work`,
    hint,
  });

/** What the exit code of op says: those of `op mirror oc-mirror`. */
function sayExit(code: number): string {
  const meaning: Readonly<Record<number, string>> = {
    2: 'the command line is wrong',
    3: 'the configuration is invalid',
    4: 'oc-mirror failed',
    5: 'another run did not leave the cache in time',
    6: 'another run uses the cache or the directory',
    137: 'it was killed, by its memory limit perhaps',
  };
  return `${meaning[code] ?? 'it ended'} (exit code ${code})`;
}
