import * as v from 'valibot';
import type { KubeObject } from '../../../systems/kubernetes/api.js';
import { type Condition, conditionShape } from '../../flux/condition.js';
import { type Container, containersOf, podSpecShape } from './container.js';
import { ownerUidOf } from './pod-controller.js';

/** The status of one container of a pod, as the kubelet reports it. */
export interface ContainerStatus {
  readonly name: string;
  /** The image that it runs, in one of the forms that `digestOfImageId` parses; empty until the image is pulled. */
  readonly imageID: string;
  readonly ready: boolean;
  /** The startup probe has passed, or the container has none. */
  readonly started: boolean;
  readonly restarts: number;
  readonly running: boolean;
  /** Why it is not running: not started yet, or waiting to restart. */
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
  /** How it terminated, now or the last time. */
  readonly terminated: { readonly exitCode: number; readonly reason: string; readonly message: string } | undefined;
}

/** The fields of a pod that a rollout is judged by. */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** The uid of its ReplicaSet, Job or workload. */
  readonly owner: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** It is being deleted. */
  readonly terminating: boolean;
  /** Its phase is neither Succeeded nor Failed. */
  readonly active: boolean;
  readonly containers: readonly Container[];
  readonly statuses: readonly ContainerStatus[];
  readonly conditions: readonly Condition[];
}

const text = v.optional(v.string(), '');
const terminated = v.optional(v.object({ exitCode: v.optional(v.number(), 0), reason: text, message: text }));
const state = v.optional(
  v.object({
    running: v.optional(v.unknown()),
    waiting: v.optional(v.object({ reason: text, message: text })),
    terminated,
  }),
  {},
);
const containerStatus = v.object({
  name: v.string(),
  imageID: text,
  ready: v.optional(v.boolean(), false),
  started: v.optional(v.nullable(v.boolean())),
  restartCount: v.optional(v.number(), 0),
  state,
  lastState: v.optional(v.object({ terminated }), {}),
});
const statuses = v.optional(v.array(containerStatus), []);
const shape = v.object({
  spec: v.optional(podSpecShape, { containers: [], initContainers: [] }),
  status: v.optional(
    v.object({
      phase: text,
      containerStatuses: statuses,
      initContainerStatuses: statuses,
      conditions: v.optional(v.array(conditionShape), []),
    }),
    { phase: '', containerStatuses: [], initContainerStatuses: [], conditions: [] },
  ),
});

/** Reads a pod from the API server. @throws ValiError */
export function parsePod(object: KubeObject): Pod {
  const { spec, status } = v.parse(shape, object);
  const { name, namespace = '', uid, labels = {}, deletionTimestamp } = object.metadata;
  return {
    ...{ name, namespace, uid, labels },
    owner: ownerUidOf(object),
    terminating: deletionTimestamp !== undefined,
    active: status.phase !== 'Succeeded' && status.phase !== 'Failed',
    containers: containersOf(spec),
    statuses: [...status.initContainerStatuses, ...status.containerStatuses].map(read),
    conditions: status.conditions,
  };
}

function read(status: v.InferOutput<typeof containerStatus>): ContainerStatus {
  const { name, imageID, ready, started, restartCount, state, lastState } = status;
  return {
    ...{ name, imageID, ready },
    started: started === true,
    restarts: restartCount,
    running: state.running !== undefined,
    waiting: state.waiting,
    terminated: state.terminated ?? lastState.terminated,
  };
}
