import { readRequest } from '../../kit/options/read-request.js';
import { checkRequest } from '../oc-mirror/command-line.js';
import { ocMirrorOptions } from '../oc-mirror/options.js';
import { baseName, labelsOf } from './config-maps.js';
import type { WorkloadImage } from './image-info.js';
import type { DeployRequest } from './options.js';

/** Where op is in the pod, after `op mirror carry`. */
const carried = '/op';
/** The container that runs oc-mirror. */
export const containerName = 'oc-mirror';
const finishedFor = 7 * 24 * 3600;

/**
 * The arguments of op in the pod. A value that oc-mirror would refuse is refused here, before anything is written; none can have `$(`,
 * which Kubernetes would expand. @throws OpError (usage)
 */
export function argumentsInPod(request: DeployRequest): readonly string[] {
  const { environment, workflow, targetRegistry, incrementalMode, sinceDate, dryRun } = request;
  const directory = environment === undefined ? '/content' : `/content/${environment}`;
  const given: Readonly<Record<string, string>> = {
    workflow,
    imageSet: '/config/imageset.yaml',
    directory,
    cache: '/cache',
    authfile: '/pull-secret/.dockerconfigjson',
    ...(targetRegistry === undefined ? {} : { to: targetRegistry }),
    ...(sinceDate === undefined ? {} : { since: sinceDate }),
    ...(incrementalMode ? {} : { full: 'true' }),
    ...(dryRun ? { dryRun: 'true' } : {}),
    // That of a pod that was killed is free after a minute.
    wait: '5m',
  };
  const texts = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, [value]]));
  checkRequest('/', readRequest('mirror oc-mirror', ocMirrorOptions, texts));
  const flags = Object.entries(given).map(([name, value]) => {
    const flag = name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
    return `--${flag}=${value}`;
  });
  return ['mirror', 'oc-mirror', ...flags];
}

/** The Job of one run. */
export function jobOf(request: DeployRequest, image: WorkloadImage, run: string): Manifest {
  const base = baseName(request.environment);
  const labels = labelsOf('oc-mirror-job', request.environment);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${base}-job-${run}`, labels, annotations: annotationsOf(image) },
    spec: { ...jobSpec(request, image, labels), ttlSecondsAfterFinished: finishedFor },
  };
}

/** The CronJob of an environment: with a schedule, or suspended. */
export function cronJobOf(request: DeployRequest, image: WorkloadImage): Manifest {
  const { environment, deployMode, schedule, timeZone } = request;
  const suspended = deployMode !== 'cronjob';
  const name = `${baseName(environment)}-${suspended ? 'on-demand' : 'cronjob'}`;
  const labels = labelsOf(suspended ? 'oc-mirror-on-demand' : 'oc-mirror-cronjob', environment);
  return {
    metadata: { name, labels, annotations: annotationsOf(image) },
    spec: {
      schedule,
      timeZone,
      suspend: suspended,
      concurrencyPolicy: 'Forbid',
      // More than 100 missed starts stop a CronJob for ever, unless this limits how far back it counts.
      startingDeadlineSeconds: 600,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels, annotations: annotationsOf(image) },
        spec: jobSpec(request, image, labels),
      },
    },
  };
}

/** An object of Kubernetes. */
interface Manifest {
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

const annotationsOf = ({ gitRevision }: WorkloadImage) => ({ 'octopipeline.dev/image-revision': gitRevision });

const jobSpec = (request: DeployRequest, image: WorkloadImage, labels: object) => ({
  // oc-mirror retries by itself; a second pod would only hide why the first has failed.
  backoffLimit: 0,
  activeDeadlineSeconds: Math.floor(request.jobTimeout / 1000),
  template: { metadata: { labels }, spec: podSpec(request, image) },
});

/** A pod of Pod Security `restricted`: op comes from its own image, everything else from the image with oc-mirror. */
function podSpec(request: DeployRequest, { reference }: WorkloadImage) {
  const { environment, serviceAccount, opImage, contentClaim, cacheClaim, pullSecret, runAsUser } = request;
  const user = runAsUser === 'none' ? undefined : Number(runAsUser);
  const securityContext = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };
  const writable = [
    { name: 'home', mountPath: '/home/op' },
    { name: 'tmp', mountPath: '/tmp' },
  ];
  return {
    restartPolicy: 'Never',
    serviceAccountName: serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
      ...(user === undefined ? {} : { runAsUser: user, runAsGroup: user, fsGroup: user }),
      // Volumes of hundreds of gigabytes: only when their owner is another one.
      fsGroupChangePolicy: 'OnRootMismatch',
    },
    initContainers: [
      {
        name: 'op',
        image: opImage,
        command: ['op'],
        args: ['mirror', 'carry', `--to=${carried}`],
        securityContext,
        volumeMounts: [{ name: 'op', mountPath: carried }, ...writable],
        resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
      },
    ],
    containers: [
      {
        name: containerName,
        image: reference,
        command: [`${carried}/loader`, '--library-path', `${carried}/lib`, `${carried}/node`, `${carried}/op.cjs`],
        args: [...argumentsInPod(request)],
        env: [
          { name: 'HOME', value: '/home/op' },
          { name: 'XDG_CACHE_HOME', value: '/home/op/.cache' },
          { name: 'XDG_RUNTIME_DIR', value: '/tmp' },
          { name: 'TMPDIR', value: '/tmp' },
        ],
        securityContext,
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          { name: 'op', mountPath: carried, readOnly: true },
          ...writable,
          { name: 'config', mountPath: '/config', readOnly: true },
          { name: 'pull-secret', mountPath: '/pull-secret', readOnly: true },
          { name: 'content', mountPath: '/content' },
          { name: 'cache', mountPath: '/cache' },
        ],
        resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { memory: '8Gi' } },
      },
    ],
    volumes: [
      { name: 'op', emptyDir: { sizeLimit: '512Mi' } },
      { name: 'home', emptyDir: { sizeLimit: '8Gi' } },
      { name: 'tmp', emptyDir: { sizeLimit: '8Gi' } },
      { name: 'config', configMap: { name: `${baseName(environment)}-config` } },
      { name: 'pull-secret', secret: { secretName: pullSecret } },
      { name: 'content', persistentVolumeClaim: { claimName: contentClaim } },
      { name: 'cache', persistentVolumeClaim: { claimName: cacheClaim } },
    ],
  };
}
