import * as v from 'valibot';
import { inputError } from '../kit/errors/op-error.js';
import { inLine } from '../kit/log/printable.js';
import { type KubeObject, type KubernetesApi, kinds } from '../systems/kubernetes/api.js';
import { scheduleLabel } from './contract.js';
import { nextStart } from './cron/next-start.js';
import { parseSchedule } from './cron/schedule.js';
import { problemOfTimeZone } from './cron/time-zone.js';

/** A schedule of the cluster: a CronJob that starts a Pipeline. */
export interface ScheduleInCluster {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly paused: boolean;
  readonly lastStart: Date | undefined;
  readonly object: KubeObject;
}

const shape = v.object({
  spec: v.object({
    schedule: v.string(),
    timeZone: v.nullish(v.string(), 'Etc/UTC'),
    suspend: v.nullish(v.boolean(), false),
  }),
  status: v.optional(v.object({ lastScheduleTime: v.nullish(v.string()) }), {}),
});

/** All schedules of the namespace, by name. */
export async function listSchedules(api: KubernetesApi): Promise<readonly ScheduleInCluster[]> {
  const found = await api.list(kinds.cronJob, { labelSelector: scheduleLabel });
  return found.map(read).toSorted((a, b) => a.name.localeCompare(b.name));
}

/** One schedule. @throws OpError (input) when there is none of that name */
export async function findSchedule(api: KubernetesApi, name: string): Promise<ScheduleInCluster> {
  const object = await api.get(kinds.cronJob, name);
  if (object?.metadata.labels?.[scheduleLabel] === name) return read(object);
  const names = (await listSchedules(api)).map((one) => one.name);
  throw inputError({
    what: `there is no schedule ${inLine(name)} in namespace ${api.namespace}`,
    why: object === undefined ? 'there is no such CronJob' : `its CronJob has no label ${scheduleLabel}: ${name}`,
    hint: names.length === 0 ? 'apply one: the construct ScheduledRun makes it' : `use one of: ${names.join(', ')}`,
  });
}

function read(object: KubeObject): ScheduleInCluster {
  const { spec, status } = v.parse(shape, object);
  const { lastScheduleTime } = status;
  return {
    name: object.metadata.name,
    cron: spec.schedule,
    timeZone: spec.timeZone ?? 'Etc/UTC',
    paused: spec.suspend ?? false,
    lastStart: lastScheduleTime ? new Date(lastScheduleTime) : undefined,
    object,
  };
}

/** The first starts after an instant, at most `count`. @throws OpError (input) for a schedule or time zone that Kubernetes refuses */
export function nextStarts(cron: string, timeZone: string, after: Date, count: number): readonly Date[] {
  const schedule = parseSchedule(cron);
  if ('problem' in schedule) throw refusedByKubernetes(`the schedule "${inLine(cron)}"`, schedule.problem);
  const problem = problemOfTimeZone(timeZone);
  if (problem !== undefined) throw refusedByKubernetes(`the time zone "${inLine(timeZone)}"`, problem);
  const found: Date[] = [];
  for (let last = nextStart(schedule, timeZone, after); last !== undefined && found.length < count; ) {
    found.push(last);
    last = nextStart(schedule, timeZone, last);
  }
  return found;
}

const refusedByKubernetes = (what: string, why: string) =>
  inputError({
    what: `Kubernetes would refuse ${what}`,
    why,
    hint: 'write, for example, "0 3 * * *" and Europe/Berlin',
  });
