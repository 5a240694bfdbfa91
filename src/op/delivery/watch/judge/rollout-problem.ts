import { oneLine } from '../../../kit/log/printable.js';
import { withoutNames } from '../../../kit/log/without-names.js';
import { conditionOf, describeCondition } from '../../flux/condition.js';
import type { ContainerStatus, Pod } from '../read/pod.js';
import type { FailedCreate } from '../read/snapshot.js';
import type { Workload } from '../read/workload.js';
import type { WorkloadPods } from '../read/workload-pods.js';
import { rolloutStatus } from './rollout-status.js';

/** A reason to end the watch early, once it has lasted for its grace period. */
export interface RolloutProblem {
  /** Identifies this problem of this object: the grace period is counted by key. */
  readonly key: string;
  /** The kind of error that it ends with: exit code 3, 4 or 6. */
  readonly kind: 'input' | 'tool' | 'refused';
  /** Milliseconds. */
  readonly gracePeriod: number;
  readonly why: string;
  /** The next command to type. */
  readonly hint: string;
  /** The container whose log explains it. */
  readonly log?: {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
    readonly previous: boolean;
  };
}

const minute = 60_000;
/** How many restarts a container is allowed before they count as a crash loop. */
const restartLimit = 3;

/** What keeps the rollout of a workload from finishing; only pods of its newest template count. */
export function problemsOf(
  workload: Workload,
  pods: WorkloadPods,
  failedCreates: readonly FailedCreate[],
): readonly RolloutProblem[] {
  return [
    ...conditionProblems(workload, pods, failedCreates),
    ...pods.newest.flatMap((pod) => pod.statuses.flatMap((status) => containerProblems(workload, pod, status))),
  ];
}

function conditionProblems(
  workload: Workload,
  pods: WorkloadPods,
  failedCreates: readonly FailedCreate[],
): readonly RolloutProblem[] {
  const { kind, name, namespace, uid } = workload;
  const describe = `kubectl describe ${kind.toLowerCase()}/${name} --namespace=${namespace}`;
  const progressing = conditionOf(workload.conditions, 'Progressing');
  const found: RolloutProblem[] = [];
  const rollout = rolloutStatus(workload);
  if (rollout.state === 'held' && workload.paused) {
    found.push({
      key: `${uid} paused`,
      kind: 'input',
      gracePeriod: 0,
      why: `${kind} ${name}: ${rollout.why}`,
      hint: rollout.hint,
    });
  }
  if (progressing?.reason === 'ProgressDeadlineExceeded' && workload.observedGeneration >= workload.generation) {
    // After a rollback to an older template, the condition of the one before stays for a moment.
    found.push({
      key: `${uid} deadline`,
      kind: 'tool',
      gracePeriod: 3000,
      why: describeCondition(progressing),
      hint: describe,
    });
  }
  const failures = pods.podControllers
    .flatMap(({ conditions }) => conditions)
    .filter(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
    .map(describeCondition);
  const owners = new Set([uid, ...pods.podControllers.map((one) => one.uid)]);
  const events = kind === 'Deployment' || pods.newest.length >= workload.desired ? [] : failedCreates;
  const messages = [...failures, ...events.filter((event) => owners.has(event.of)).map(({ message }) => message)];
  if (messages[0] !== undefined && workload.updated < workload.desired + (kind === 'CronJob' ? 1 : 0)) {
    // A quota may have room again once old pods are gone.
    found.push({
      key: `${uid} create`,
      kind: 'tool',
      gracePeriod: 15_000,
      why: `pods cannot be created: ${bothEnds(messages[0])}`,
      hint: /exceeded quota/u.test(messages[0]) ? `kubectl describe quota --namespace=${namespace}` : describe,
    });
  }
  return found;
}

/** Messages of the kubelet for an image that waiting will not bring. */
const noSuchImage =
  /not found|NotFound|manifest unknown|does not exist|denied|unauthorized|forbidden|authorization failed|invalid reference|no match for platform|InvalidImageName|ErrImageNeverPull/iu;

function containerProblems(workload: Workload, pod: Pod, status: ContainerStatus): readonly RolloutProblem[] {
  const { waiting, name } = status;
  const subject = `container ${name} of pod ${pod.name}`;
  const describe = `kubectl describe pod/${pod.name} --namespace=${pod.namespace}`;
  const problem = (
    reason: string,
    gracePeriod: number,
    why: string,
    more: Partial<RolloutProblem> = {},
  ): readonly RolloutProblem[] => [
    {
      key: `${pod.uid} ${name} ${reason}`,
      kind: 'tool',
      gracePeriod,
      why: `${subject}: ${why}`,
      hint: describe,
      ...more,
    },
  ];
  const log = (previous: boolean): Partial<RolloutProblem> => ({
    hint: `kubectl logs ${pod.name} --namespace=${pod.namespace} --container=${name}${previous ? ' --previous' : ''}`,
    log: { namespace: pod.namespace, pod: pod.name, container: name, previous },
  });
  switch (waiting?.reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'ErrImageNeverPull':
    case 'InvalidImageName':
    case 'RegistryUnavailable':
    case 'ImageInspectError':
    case 'SignatureValidationFailed': {
      const isPermanent =
        waiting.reason !== 'ErrImagePull' && noSuchImage.test(`${waiting.reason} ${withoutNames(waiting.message)}`);
      return problem('image', isPermanent ? 0 : minute, `${waiting.reason}: ${bothEnds(waiting.message)}`);
    }
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
      return problem('create', minute, `${waiting.reason}: ${bothEnds(waiting.message)}`);
    case 'CrashLoopBackOff': {
      if (status.restarts < restartLimit) return [];
      return problem('crash', 0, `it was started ${status.restarts + 1} times and ${describeExit(status)}`, log(true));
    }
  }
  const container = workload.containers.find((one) => one.name === name);
  // An init container is never ready while it is running.
  if (status.running && status.started && !status.ready && container?.kind !== 'init container') {
    const gracePeriod = Math.max(2 * minute, container?.readinessTime ?? 0);
    return problem('ready', gracePeriod, 'it is running, but its readiness probe fails', log(false));
  }
  return [];
}

function describeExit({ terminated }: ContainerStatus): string {
  if (terminated === undefined) return 'keeps exiting';
  const { exitCode, reason, message } = terminated;
  const detail = message === '' ? '' : `: ${oneLine(message, 200)}`;
  return `exits with code ${exitCode}${reason === '' || reason === 'Error' ? '' : ` (${reason})`}${detail}`;
}

/** Keeps both ends of a long message: it begins with what failed, and ends with the reason. */
function bothEnds(message: string): string {
  const text = oneLine(message, 10_000);
  return text.length <= 400 ? text : `${text.slice(0, 150)} … ${text.slice(-240)}`;
}
