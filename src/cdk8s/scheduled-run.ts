import type { Cron } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { type PipelineRunDefinition, toPipelineRun, toYaml, validate } from '../tekton/index.js';
import { problemOfSchedule } from './schedule.js';
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
  /** The image that runs `kubectl create`: the octopipeline image, by digest. */
  readonly image: string;
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
 * Starts a Pipeline on a schedule: a CronJob that creates the PipelineRun, with a ServiceAccount that may do only that.
 * Tekton has no cron trigger. A tick is skipped while the Job of the previous one is still creating its run.
 *
 * @example
 * new ScheduledRun(chart, 'nightly', { name: 'nightly', schedule: '0 3 * * *', run: nightlyRun, image: octopipelineImage });
 */
export class ScheduledRun extends Construct {
  constructor(scope: Construct, id: string, props: ScheduledRunProps) {
    super(scope, id);
    const { name, run, schedule, timeZone = 'Etc/UTC', image, startingDeadlineSeconds = 600, suspend = false } = props;
    const problems = validate(run);
    this.node.addValidation({ validate: () => [...problemsOf(props), ...problems.map(sentence)] });
    const metadata = { name };
    new k8s.KubeServiceAccount(this, 'account', { metadata, automountServiceAccountToken: false });
    new k8s.KubeRole(this, 'role', {
      metadata,
      rules: [{ apiGroups: ['tekton.dev'], resources: ['pipelineruns'], verbs: ['create'] }],
    });
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
      metadata,
      spec: {
        schedule: textOf(schedule),
        timeZone,
        suspend,
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          spec: { backoffLimit: 2, activeDeadlineSeconds: 300, template: { spec: this.#pod(name, image) } },
        },
      },
    });
  }

  #pod(name: string, image: string): k8s.PodSpec {
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
          name: 'create',
          image,
          command: ['kubectl'],
          args: ['create', '--filename=/etc/octopipeline/run.yaml'],
          securityContext: restricted,
          resources: {
            requests: { cpu: k8s.Quantity.fromString('50m'), memory: k8s.Quantity.fromString('64Mi') },
            limits: { memory: k8s.Quantity.fromString('128Mi') },
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
}

const textOf = (schedule: string | Cron): string =>
  typeof schedule === 'string' ? schedule : schedule.expressionString;

function problemsOf({ name, run, schedule, image }: ScheduledRunProps): string[] {
  const where = `schedule/${name}`;
  const problems: string[] = [];
  const wrong = problemOfSchedule(textOf(schedule));
  if (wrong !== undefined) problems.push(`${where} > schedule: "${textOf(schedule)}" is not a schedule: ${wrong}`);
  if (name.length > 52) problems.push(`${where} > name: has ${name.length} characters; a CronJob name has at most 52`);
  if (typeof run.name === 'string') {
    problems.push(`${where} > run: "${run.name}" can be created only once; give it a generateName`);
  }
  if (!/@sha256:[0-9a-f]{64}$/u.test(image)) problems.push(`${where} > image: "${image}" has no digest`);
  return problems;
}
