import { withoutNames } from '../../kit/log/without-names.js';
import { type Condition, conditionOf, describeCondition, describeReconciling } from './condition.js';
import { type FluxObject, type FluxRequest, fluxName } from './flux-object.js';

/** The progress of Flux with one object. */
export type ReconcileStatus =
  | { readonly state: 'settled' }
  | { readonly state: 'working'; readonly why: string }
  /** Waiting will not help, unless it `mayPass`. */
  | { readonly state: 'failed'; readonly why: string; readonly mayPass: boolean }
  | { readonly state: 'suspended' };

/**
 * Whether a request was handled: when a controller finishes, it records the request that it saw when it started. When someone else sent a
 * later request, the controller records that one instead. Earlier requests do not count, even before our own request is visible.
 */
export const isHandled = ({ requestedAt, handledAt, version }: FluxObject, request: FluxRequest): boolean =>
  handledAt !== undefined &&
  (handledAt === request.value ||
    (isSameOrNewer(version, request.version) && requestedAt !== request.value && handledAt === requestedAt));

/** Whether a version of an object is the given one or a later one. Source: Kubernetes, KEP-5504: those of one kind compare as numbers. */
export const isSameOrNewer = (version: string, since: string | undefined) =>
  since !== undefined && /^\d+$/u.test(version) && /^\d+$/u.test(since) && BigInt(version) >= BigInt(since);

/** Reasons of `Ready` for a state that will pass without help. Source: helm-controller 1.6, kustomize-controller 1.9, source-controller 1.9. */
const transientReasons = new Set([
  'Progressing',
  'ProgressingWithRetry',
  'DependencyNotReady',
  'SourceNotReady',
  'HealthCheckCanceled',
]);
/** Reasons for a failed Helm action, which Flux may retry. */
const helmReasons = new Set([
  'InstallFailed',
  'UpgradeFailed',
  'TestFailed',
  'RollbackSucceeded',
  'RollbackFailed',
  'UninstallSucceeded',
  'UninstallFailed',
]);
/** Reasons for a failure of the object itself; other failures come from its surroundings, and may pass. */
const permanentReasons = new Set([
  ...helmReasons,
  'ArtifactFailed',
  'BuildFailed',
  'HealthCheckFailed',
  'ReconciliationFailed',
  'PruneFailed',
]);

/**
 * Judges one object by its status, which counts only for the current generation, and only after our request was handled.
 * @param request undefined when none was sent
 */
export function reconcileStatus(object: FluxObject, request: FluxRequest | undefined): ReconcileStatus {
  if (object.suspended) return { state: 'suspended' };
  if (object.isStatic) return { state: 'settled' };
  const name = fluxName(object);
  const ready = conditionOf(object.conditions, 'Ready');
  const reconciling = conditionOf(object.conditions, 'Reconciling');
  if (request !== undefined && !isHandled(object, request)) {
    const progress = reconciling?.status === 'True' ? `: ${describeReconciling(reconciling)}` : '';
    return { state: 'working', why: `${name} to be reconciled${progress}` };
  }
  const stalled = conditionOf(object.conditions, 'Stalled');
  if (stalled?.status === 'True' && isCurrent(stalled, object)) {
    const because = ready?.status === 'False' ? describeCondition(ready) : describeCondition(stalled);
    return { state: 'failed', why: `${because} (${describeCondition(stalled)})`, mayPass: false };
  }
  if (ready === undefined || !isCurrent(ready, object)) {
    return { state: 'working', why: `${name} to observe its generation ${object.generation}` };
  }
  if (ready.status === 'False') return failedStatus(object, ready);
  if (reconciling?.status === 'True') return { state: 'working', why: `${name}: ${describeReconciling(reconciling)}` };
  if (ready.status !== 'True') return { state: 'working', why: `${name}: ${describeCondition(ready)}` };
  if (object.observedGeneration !== object.generation) {
    return { state: 'working', why: `${name} to finish its generation ${object.generation}` };
  }
  if (object.release !== undefined && object.release !== 'deployed') {
    return { state: 'failed', why: `its newest Helm release is ${object.release}`, mayPass: true };
  }
  return { state: 'settled' };
}

const isCurrent = ({ observedGeneration }: Condition, object: FluxObject) =>
  (observedGeneration ?? object.observedGeneration) === object.generation;

function failedStatus(object: FluxObject, ready: Condition): ReconcileStatus {
  const why = describeCondition(ready);
  if (transientReasons.has(ready.reason) || /Retrying in /u.test(ready.message)) {
    return { state: 'working', why: `${fluxName(object)}: ${why}` };
  }
  if (object.retriesLeft && helmReasons.has(ready.reason)) {
    return { state: 'working', why: `${fluxName(object)}: ${why}; Flux will retry it` };
  }
  const applies = object.kind.kind === 'HelmRelease' || object.kind.kind === 'Kustomization';
  return { state: 'failed', why, mayPass: applies ? !permanentReasons.has(ready.reason) : !isPermanent(ready.message) };
}

/** Messages of a source about a permanent failure; any other may come from a network or server that is down for a moment. */
const isPermanent = (message: string) =>
  /not found|denied|unauthorized|forbidden|authentication|invalid|no match|couldn't find|failed to verify|unsupported/iu.test(
    withoutNames(message),
  );
