import { oneLine } from '../../kit/log/printable.js';
import { conditionOf, sayCondition } from '../flux/condition.js';
import type { ContainerStatus, Pod } from './pod.js';
import type { PodsOf } from './pods-of.js';
import { rolloutOf } from './rollout.js';
import type { FailedCreate } from './snapshot.js';
import type { Workload } from './workload.js';

/** Something that ends the watch early, when it is still so after some patience. */
export interface Trouble {
  /** Stands for this trouble of this thing: patience is counted by it. */
  readonly key: string;
  /** How op ends: 3, 4 or 6. */
  readonly kind: 'input' | 'tool' | 'refused';
  /** Milliseconds. */
  readonly patience: number;
  readonly why: string;
  /** The next command to type. */
  readonly hint: string;
  /** The container whose log tells more. */
  readonly log?: {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
    readonly previous: boolean;
  };
}

const minute = 60_000;
/** How often a container may end or be killed before that counts as its way. */
const restarts = 3;

/** What keeps the rollout of a workload from ever getting done; only pods of its newest template count. */
export function troublesOf(
  workload: Workload,
  pods: PodsOf,
  failedCreates: readonly FailedCreate[],
): readonly Trouble[] {
  return [
    ...ofConditions(workload, pods, failedCreates),
    ...pods.newest.flatMap((pod) => pod.statuses.flatMap((status) => ofContainer(workload, pod, status))),
  ];
}

function ofConditions(workload: Workload, pods: PodsOf, failedCreates: readonly FailedCreate[]): readonly Trouble[] {
  const { kind, name, namespace, uid } = workload;
  const describe = `kubectl describe ${kind.toLowerCase()}/${name} --namespace=${namespace}`;
  const progressing = conditionOf(workload.conditions, 'Progressing');
  const found: Trouble[] = [];
  const rollout = rolloutOf(workload);
  if (rollout.state === 'held' && workload.paused) {
    found.push({
      key: `${uid} paused`,
      kind: 'input',
      patience: 0,
      why: `${kind} ${name}: ${rollout.why}`,
      hint: rollout.hint,
    });
  }
  if (progressing?.reason === 'ProgressDeadlineExceeded' && workload.observed >= workload.generation) {
    // Going back to an older template leaves this condition of the one before it for a moment.
    found.push({
      key: `${uid} deadline`,
      kind: 'tool',
      patience: 3000,
      why: sayCondition(progressing),
      hint: describe,
    });
  }
  const refusals = pods.generations
    .flatMap(({ conditions }) => conditions)
    .filter(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
    .map(sayCondition);
  const mine = new Set([uid, ...pods.generations.map((one) => one.uid)]);
  const events = kind === 'Deployment' || pods.newest.length >= workload.wanted ? [] : failedCreates;
  const said = [...refusals, ...events.filter((event) => mine.has(event.of)).map(({ message }) => message)];
  if (said[0] !== undefined && workload.updated < workload.wanted + (kind === 'CronJob' ? 1 : 0)) {
    // A quota may have room again when old pods have gone.
    found.push({
      key: `${uid} create`,
      kind: 'tool',
      patience: 15_000,
      why: `pods cannot be made: ${bothEnds(said[0])}`,
      hint: /quota/u.test(said[0]) ? `kubectl describe quota --namespace=${namespace}` : describe,
    });
  }
  return found;
}

/** What the kubelet says when the image will not be there by waiting. */
const noSuchImage =
  /not found|NotFound|manifest unknown|does not exist|denied|unauthorized|forbidden|authorization failed|invalid reference|no match for platform|InvalidImageName|ErrImageNeverPull/iu;

function ofContainer(workload: Workload, pod: Pod, status: ContainerStatus): readonly Trouble[] {
  const { waiting, name } = status;
  const where = `container ${name} of pod ${pod.name}`;
  const describe = `kubectl describe pod/${pod.name} --namespace=${pod.namespace}`;
  const trouble = (sort: string, patience: number, why: string, more: Partial<Trouble> = {}): readonly Trouble[] => [
    { key: `${pod.uid} ${name} ${sort}`, kind: 'tool', patience, why: `${where}: ${why}`, hint: describe, ...more },
  ];
  const log = (previous: boolean): Partial<Trouble> => ({
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
      const lasting = waiting.reason !== 'ErrImagePull' && noSuchImage.test(`${waiting.reason} ${waiting.message}`);
      return trouble('image', lasting ? 0 : minute, `${waiting.reason}: ${bothEnds(waiting.message)}`);
    }
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'RunContainerError':
      return trouble('create', minute, `${waiting.reason}: ${bothEnds(waiting.message)}`);
    case 'CrashLoopBackOff': {
      if (status.restarts < restarts) return [];
      return trouble('crash', 0, `it was started ${status.restarts + 1} times, and ${sayEnd(status)}`, log(true));
    }
  }
  const container = workload.containers.find((one) => one.name === name);
  // An init container is never ready while it runs.
  if (status.running && status.started && !status.ready && container?.kind !== 'init container') {
    const patience = Math.max(2 * minute, container?.slow ?? 0);
    return trouble('ready', patience, 'it runs, and its readiness probe fails', log(false));
  }
  return [];
}

function sayEnd({ ended }: ContainerStatus): string {
  if (ended === undefined) return 'ends again and again';
  const { exitCode, reason, message } = ended;
  const said = message === '' ? '' : `: ${oneLine(message, 200)}`;
  return `ends with exit code ${exitCode}${reason === '' || reason === 'Error' ? '' : ` (${reason})`}${said}`;
}

/** What went wrong stands at the beginning of a message, and why at its end. */
function bothEnds(message: string): string {
  const text = oneLine(message, 10_000);
  return text.length <= 400 ? text : `${text.slice(0, 150)} … ${text.slice(-240)}`;
}
