import * as v from 'valibot';
import type { KubeObject } from '../../systems/kubernetes/api.js';
import { type Condition, conditionShape } from '../flux/condition.js';
import { controllerOf } from './workload.js';

/** What the kubelet says of one container of a pod. */
export interface ContainerStatus {
  readonly name: string;
  /** What it runs, in one of the forms that `digestOfImageId` knows; empty until the image is there. */
  readonly imageID: string;
  readonly ready: boolean;
  /** The startup probe has passed, or there is none. */
  readonly started: boolean;
  readonly restarts: number;
  readonly running: boolean;
  /** Why it does not run: not yet, or not again. */
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
  /** How it ended: now, or the last time. */
  readonly ended: { readonly exitCode: number; readonly reason: string; readonly message: string } | undefined;
}

/** A pod, as far as a rollout is judged by it. */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly owner: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** It has been told to end. */
  readonly leaving: boolean;
  /** Neither Succeeded nor Failed. */
  readonly active: boolean;
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

/** Reads a pod as the API server gave it. @throws ValiError */
export function parsePod(object: KubeObject): Pod {
  const { status } = v.parse(shape, object);
  const { name, namespace = '', uid, labels = {}, deletionTimestamp } = object.metadata;
  return {
    ...{ name, namespace, uid, labels },
    owner: controllerOf(object),
    leaving: deletionTimestamp !== undefined,
    active: status.phase !== 'Succeeded' && status.phase !== 'Failed',
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
    ended: state.terminated ?? lastState.terminated,
  };
}
