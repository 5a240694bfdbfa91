import type { Cron } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { flagNameOf } from '../op/kit/options/option.js';
import { lockOf, type OverlapRule, overlapRules, scheduleLabel } from '../op/schedules/contract.js';
import { parseSchedule } from '../op/schedules/cron/schedule.js';
import { problemOfTimeZone } from '../op/schedules/cron/time-zone.js';
import { type Duration, milliseconds } from '../tekton/duration.js';
import { type PipelineRunDefinition, toPipelineRun, toYaml, validate } from '../tekton/index.js';
import { checkLabel } from '../tekton/validate/names.js';
import { sentence } from './sentence.js';

/** When and how a Pipeline is started on a schedule. */
export interface ScheduledRunProps {
  /** Name of the CronJob, and of its ServiceAccount, Role and ConfigMap: at most 52 characters. */
  readonly name: string;
  /** The run that each tick creates; its name must be a `generateName`. */
  readonly run: PipelineRunDefinition;
  /** A `Cron` of cdk8s, or what Kubernetes accepts: five cron fields, such as `0 3 * * *`, or `@daily`. */
  readonly schedule: string | Cron;
  /**
   * Time zone of the schedule, as in the tz database.
   * @default 'Etc/UTC'
   */
  readonly timeZone?: string;
  /** The image that runs `op schedule start`: the octopipeline image, by digest. */
  readonly image: string;
  /**
   * What happens at a start while another run of the schedule has not ended, whether its CronJob or `op schedule run` started it: `forbid`
   * skips the start, `replace` cancels the other run (its finally tasks run), `queue` waits for it, `allow` starts another one. The
   * rights of the ServiceAccount depend on it.
   * @default 'forbid'
   */
  readonly overlap?: OverlapRule;
  /**
   * How long a start waits for the other run, with `replace` or `queue`.
   * @default '1h'
   */
  readonly overlapWait?: Duration;
  /**
   * Each start is up to this much later, so that not all schedules of a cluster start in the same second.
   * @default - none
   */
  readonly jitter?: Duration;
  /**
   * How many ended runs stay; older ones are deleted with their pods and volumes.
   * @default - all
   */
  readonly historyLimit?: number;
  /**
   * Days after which ended runs are deleted.
   * @default - never
   */
  readonly historyDays?: number;
  /**
   * How many seconds late a missed tick may still start.
   * @default 600
   */
  readonly startingDeadlineSeconds?: number;
  /**
   * Whether the schedule is paused.
   * @default false
   */
  readonly suspend?: boolean;
}

const restricted: k8s.SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/**
 * Starts a Pipeline on a schedule: a CronJob that creates the PipelineRun, with a ServiceAccount that may do only what `overlap` and the
 * history need; with `overlap: 'allow'` and without a history that is to create PipelineRuns. Tekton has no cron trigger.
 *
 * @example
 * new ScheduledRun(chart, 'nightly', { name: 'nightly', schedule: '0 3 * * *', run: nightlyRun, image: octopipelineImage });
 */
export class ScheduledRun extends Construct {
  /** The run that each tick creates. */
  readonly definition: PipelineRunDefinition;

  constructor(scope: Construct, id: string, props: ScheduledRunProps) {
    super(scope, id);
    this.definition = props.run;
    const { name, run, schedule, timeZone = 'Etc/UTC', startingDeadlineSeconds = 600, suspend = false } = props;
    const problems = validate(run);
    this.node.addValidation({ validate: () => [...problemsOf(props), ...problems.map(sentence)] });
    const metadata = { name };
    new k8s.KubeServiceAccount(this, 'account', { metadata, automountServiceAccountToken: false });
    new k8s.KubeRole(this, 'role', { metadata, rules: rulesOf(props) });
    new k8s.KubeRoleBinding(this, 'binding', {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name }],
    });
    new k8s.KubeConfigMap(this, 'run', {
      metadata,
      data: { 'run.yaml': problems.length > 0 ? '' : toYaml([toPipelineRun(run)]) },
    });
    new k8s.KubeCronJob(this, 'schedule', {
      metadata: { name, labels: { [scheduleLabel]: name } },
      spec: {
        schedule: textOf(schedule),
        timeZone,
        suspend,
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          spec: {
            backoffLimit: 2,
            activeDeadlineSeconds: longestStart(props),
            template: { spec: podOf(props) },
          },
        },
      },
    });
  }
}

/** Seconds that a start may take: to wait, and then to work. */
function longestStart({ jitter, overlap = 'forbid', overlapWait = '1h' }: ScheduledRunProps): number {
  const waits = overlap === 'replace' || overlap === 'queue' ? (milliseconds(overlapWait) ?? 0) : 0;
  return Math.ceil(((milliseconds(jitter ?? '0s') ?? 0) + waits) / 1000) + 300;
}

/** What `op schedule start` does in the cluster. */
function rulesOf({ name, overlap = 'forbid', historyLimit, historyDays }: ScheduledRunProps): k8s.PolicyRule[] {
  const deletes = historyLimit !== undefined || historyDays !== undefined;
  const follows = overlap === 'replace' || overlap === 'queue';
  const verbs = [
    'create',
    ...(overlap !== 'allow' || deletes ? ['list'] : []),
    ...(follows ? ['watch'] : []),
    ...(overlap === 'replace' ? ['patch'] : []),
    ...(deletes ? ['delete'] : []),
  ];
  const runs = { apiGroups: ['tekton.dev'], resources: ['pipelineruns'], verbs };
  if (overlap === 'allow') return [runs];
  const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
  return [
    runs,
    // RBAC cannot say of what name an object may be created.
    { ...leases, verbs: ['create'] },
    { ...leases, resourceNames: [lockOf(name)], verbs: ['get', 'list', 'watch', 'update'] },
  ];
}

function podOf(props: ScheduledRunProps): k8s.PodSpec {
  const { name, image, overlap = 'forbid', overlapWait, jitter, historyLimit, historyDays } = props;
  const given = { overlapWait, jitter, historyLimit, historyDays };
  return {
    serviceAccountName: name,
    automountServiceAccountToken: true,
    restartPolicy: 'Never',
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'start',
        image,
        command: ['op'],
        args: [
          'schedule',
          'start',
          `--name=${name}`,
          '--file=/etc/octopipeline/run.yaml',
          `--overlap=${overlap}`,
          ...Object.entries(given).flatMap(([option, value]) =>
            value === undefined ? [] : [`--${flagNameOf(option)}=${value}`],
          ),
        ],
        // Its run is named after the Job: a pod that is started again does not start it twice.
        env: [
          {
            name: 'JOB_NAME',
            valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
          },
        ],
        securityContext: restricted,
        resources: {
          requests: { cpu: k8s.Quantity.fromString('50m'), memory: k8s.Quantity.fromString('96Mi') },
          limits: { memory: k8s.Quantity.fromString('256Mi') },
        },
        volumeMounts: [
          { name: 'run', mountPath: '/etc/octopipeline', readOnly: true },
          { name: 'home', mountPath: '/home/op' },
          { name: 'tmp', mountPath: '/tmp' },
        ],
      },
    ],
    volumes: [
      { name: 'run', configMap: { name } },
      { name: 'home', emptyDir: { sizeLimit: k8s.Quantity.fromString('1Gi') } },
      { name: 'tmp', emptyDir: { sizeLimit: k8s.Quantity.fromString('1Gi') } },
    ],
  };
}

const textOf = (schedule: string | Cron): string =>
  typeof schedule === 'string' ? schedule : schedule.expressionString;

function problemsOf(props: ScheduledRunProps): string[] {
  const { name, run, schedule, image, timeZone } = props;
  const problems: string[] = [];
  const wrong = (property: string, what: string) => problems.push(`schedule/${name} > ${property}: ${what}`);
  const read = parseSchedule(textOf(schedule));
  if ('problem' in read) wrong('schedule', `"${textOf(schedule)}" is not a schedule: ${read.problem}`);
  const zone = timeZone === undefined ? undefined : problemOfTimeZone(timeZone);
  if (zone !== undefined) wrong('timeZone', `"${timeZone}" is refused: ${zone}`);
  checkLabel(name, 'name', (property, message) => wrong(property, message));
  if (!overlapRules.includes(props.overlap ?? 'forbid')) {
    wrong('overlap', `"${props.overlap}" is not one of: ${overlapRules.join(', ')}`);
  }
  if (name.length > 52) wrong('name', `has ${name.length} characters; a CronJob name has at most 52`);
  if (typeof run.name === 'string') wrong('run', `"${run.name}" can be created only once; give it a generateName`);
  if (!/@sha256:[0-9a-f]{64}$/u.test(image)) wrong('image', `"${image}" has no digest`);
  for (const property of ['jitter', 'overlapWait'] as const) {
    const { [property]: value } = props;
    if (value !== undefined && !milliseconds(value)) wrong(property, `"${value}" is not a duration such as 10m`);
  }
  for (const property of ['historyLimit', 'historyDays', 'startingDeadlineSeconds'] as const) {
    const { [property]: value } = props;
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
    wrong(property, `${value} is not a whole number of at least 1`);
  }
  return problems;
}
