import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { Context } from '../context.js';
import { deadlineError, toolError } from '../kit/errors/op-error.js';
import { type KubeObject, type KubernetesApi, kinds, openApi } from '../systems/kubernetes/api.js';
import { followUntil } from '../systems/kubernetes/follow-until.js';
import { findSchedule } from './cron-jobs.js';
import type { ClusterFlags } from './options.js';

const container = v.looseObject({ args: v.optional(v.array(v.string()), []) });
const template = v.object({
  spec: v.object({
    jobTemplate: v.looseObject({
      metadata: v.optional(v.looseObject({ annotations: v.optional(v.record(v.string(), v.string())) })),
      spec: v.looseObject({
        activeDeadlineSeconds: v.optional(v.number(), 300),
        template: v.looseObject({ spec: v.looseObject({ containers: v.array(container) }) }),
      }),
    }),
  }),
});

/** A condition of a Job that has ended. */
const conditions = v.object({
  status: v.object({ conditions: v.array(v.object({ type: v.string(), status: v.string() })) }),
});

/**
 * Starts a schedule now, also a paused one: makes the Job that its CronJob would make, so that the rules of the schedule hold, and prints
 * what it says. @throws OpError (input, tool), (deadline) when the Job does not end in its time
 */
export async function runNow(context: Context, request: ClusterFlags, name: string): Promise<void> {
  await using api = await openApi(context, request);
  const schedule = await findSchedule(api, name);
  const { jobTemplate } = v.parse(template, schedule.object).spec;
  const created = await api.create(kinds.job, jobOf(schedule.object, jobTemplate));
  if (created === 'conflict') {
    throw toolError({ what: `cannot start ${name}`, why: 'a Job of the same name was just made', hint: 'try again' });
  }
  const job = created.metadata.name;
  context.log.step(`made Job ${job}`);
  const seconds = jobTemplate.spec.activeDeadlineSeconds + 60;
  const end = await untilEnded(context, api, job, seconds);
  for (const line of (await logOf(api, job)).split('\n')) if (line !== '') context.log.step(line);
  if (end === 'Complete') return;
  throw (end === undefined ? deadlineError : toolError)({
    what: `the Job ${job} ${end === undefined ? 'did not end in time' : 'failed'}`,
    why: 'its log is above',
    hint: api.typed(`kubectl describe job ${job} --namespace ${api.namespace}`),
  });
}

/** What `kubectl create job --from=cronjob/NAME` makes, without the jitter. */
function jobOf(cronJob: KubeObject, { metadata, spec }: v.InferOutput<typeof template>['spec']['jobTemplate']): object {
  const { name, uid } = cronJob.metadata;
  const pod = spec.template.spec;
  const containers = pod.containers.map((one) => ({
    ...one,
    args: one.args.filter((arg) => !arg.startsWith('--jitter=')),
  }));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      ...metadata,
      name: `${name}-manual-${randomBytes(3).toString('hex')}`,
      annotations: { ...metadata?.annotations, 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true }],
    },
    spec: { ...spec, template: { ...spec.template, spec: { ...pod, containers } } },
  };
}

const untilEnded = (context: Context, api: KubernetesApi, job: string, seconds: number) =>
  followUntil(context, api, {
    kind: kinds.job,
    query: { fieldSelector: `metadata.name=${job}` },
    read: ([object]) => endOf(object),
    isOver: (end) => end !== undefined,
    limit: seconds * 1000,
  });

/** How a Job has ended; undefined while it has not. */
function endOf(object: KubeObject | undefined): 'Complete' | 'Failed' | undefined {
  const read = v.safeParse(conditions, object);
  const types = read.success ? read.output.status.conditions.filter(({ status }) => status === 'True') : [];
  return (['Complete', 'Failed'] as const).find((end) => types.some(({ type }) => type === end));
}

async function logOf(api: KubernetesApi, job: string): Promise<string> {
  const pods = await api.list(kinds.pod, { labelSelector: `batch.kubernetes.io/job-name=${job}` });
  const [last] = pods.toSorted((a, b) =>
    (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''),
  );
  return last === undefined ? '' : api.logs(last.metadata.name).catch(() => '');
}
