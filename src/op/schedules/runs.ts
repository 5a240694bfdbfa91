import * as v from 'valibot';
import { oneLine } from '../kit/log/printable.js';
import { type KubeObject, type KubernetesApi, kinds } from '../systems/kubernetes/api.js';
import { scheduleLabel } from './contract.js';

/** A PipelineRun of a schedule. */
export interface ScheduledPipelineRun {
  readonly name: string;
  readonly created: Date;
  /** Undefined while it has not ended. */
  readonly ended: { readonly succeeded: boolean; readonly reason: string; readonly at: Date } | undefined;
}

const status = v.object({
  status: v.object({
    completionTime: v.optional(v.string()),
    conditions: v.array(v.object({ type: v.string(), status: v.string(), reason: v.optional(v.string(), '') })),
  }),
});

/** Which PipelineRuns are those of a schedule. */
export const runsOf = (schedule: string) => ({ labelSelector: `${scheduleLabel}=${schedule}` });

/** The PipelineRuns of a schedule, the oldest first. */
export async function listRuns(api: KubernetesApi, schedule: string): Promise<readonly ScheduledPipelineRun[]> {
  const found = await api.list(kinds.pipelineRun, runsOf(schedule));
  return found.map(readRun).toSorted((a, b) => a.created.getTime() - b.created.getTime());
}

/** A PipelineRun as the server has it. */
export function readRun(object: KubeObject): ScheduledPipelineRun {
  const { name, creationTimestamp } = object.metadata;
  const created = new Date(creationTimestamp ?? 0);
  const read = v.safeParse(status, object);
  const condition = read.success ? read.output.status.conditions.find(({ type }) => type === 'Succeeded') : undefined;
  if (!read.success || condition === undefined || condition.status === 'Unknown') {
    return { name, created, ended: undefined };
  }
  const { completionTime } = read.output.status;
  const at = completionTime === undefined ? created : new Date(completionTime);
  return { name, created, ended: { succeeded: condition.status === 'True', reason: oneLine(condition.reason), at } };
}
