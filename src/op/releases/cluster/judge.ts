import * as v from 'valibot';
import { oneLine } from '../../kit/log/printable.js';
import type { KubeObject } from '../../systems/kubernetes/api.js';

const result = v.object({
  name: v.string(),
  value: v.union([v.string(), v.array(v.string()), v.record(v.string(), v.string())]),
});
const results = v.optional(v.array(result), []);
const step = v.object({
  name: v.string(),
  terminated: v.optional(v.object({ exitCode: v.number() })),
  results,
});
const condition = v.object({
  type: v.string(),
  status: v.string(),
  reason: v.optional(v.string(), ''),
  message: v.optional(v.string(), ''),
});
/** Source: the status of TaskRun and PipelineRun, tekton.dev/v1. */
const shape = v.object({
  status: v.optional(
    v.object({
      conditions: v.optional(v.array(condition), []),
      podName: v.optional(v.string(), ''),
      steps: v.optional(v.array(step), []),
      results,
    }),
    {},
  ),
});

type ResultValue = v.InferOutput<typeof result>['value'];
type Results = Readonly<Record<string, ResultValue>>;

/** What the status of a TaskRun or a PipelineRun says. */
export type Judged =
  | { readonly is: 'running' }
  /** By steps, and of the whole. */
  | ({ readonly is: 'succeeded' | 'failed'; readonly why: string; readonly pod: string } & {
      readonly steps: Readonly<Record<string, Results>>;
      readonly results: Results;
    })
  /** Its pod is gone, or was killed: it has not said how it ended. */
  | { readonly is: 'lost'; readonly why: string };

/** Reasons for an end that a person or a limit has made: to start it again would only be the same again. Source: Tekton's TaskRunReason, PipelineRunReason. */
const decided = new Set([
  'TaskRunTimeout',
  'TaskRunCancelled',
  'PipelineRunTimeout',
  'Cancelled',
  'CancelledRunFinally',
  'StoppedRunFinally',
]);

/** Whether it has ended. */
export function hasEnded(found: KubeObject | undefined): boolean {
  return found === undefined || judge('', found).is !== 'running';
}

/** @param place such as `taskrun/ci/build-1`, for the reason */
export function judge(place: string, found: KubeObject | undefined): Judged {
  if (found === undefined) return { is: 'lost', why: `${place} is gone, or was never started` };
  const read = v.safeParse(shape, found);
  if (!read.success) return { is: 'failed', why: `the status of ${place} is not valid`, ...nothing };
  const { conditions, podName: pod, steps, results: own } = read.output.status;
  const end = conditions.find(({ type }) => type === 'Succeeded');
  if (end === undefined || end.status === 'Unknown') return { is: 'running' };
  const why = oneLine(`${end.reason}: ${end.message}`, 300);
  const said = {
    why,
    pod,
    steps: Object.fromEntries(steps.map(({ name, results: given }) => [name, byName(given)] as const)),
    results: byName(own),
  };
  if (end.status === 'True') return { is: 'succeeded', ...said };
  if (found.kind === 'PipelineRun' || decided.has(end.reason)) return { is: 'failed', ...said };
  // A program that was killed, by the kernel or by the kubelet, has not failed.
  const exits = steps.flatMap(({ name, terminated }) =>
    name === 'clone' || terminated === undefined ? [] : terminated.exitCode,
  );
  return exits.some((code) => code > 0 && code < 128) ? { is: 'failed', ...said } : { is: 'lost', why };
}

const nothing = { pod: '', steps: {}, results: {} } as const;

const byName = (list: readonly { readonly name: string; readonly value: ResultValue }[]): Results =>
  Object.fromEntries(list.map(({ name, value }) => [name, value]));
