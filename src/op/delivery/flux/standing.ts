import { type Condition, conditionOf, sayCondition } from './condition.js';
import { type FluxObject, type FluxRequest, nameOf } from './flux-object.js';

/** How far Flux is with one object. */
export type Standing =
  | { readonly state: 'settled' }
  | { readonly state: 'working'; readonly why: string }
  /** It will not get better by waiting, or it may when `passing`. */
  | { readonly state: 'failed'; readonly why: string; readonly passing: boolean }
  | { readonly state: 'suspended' };

/**
 * Whether a request was carried out: the controller notes down the one that it saw when its work began, at the end of that work. When somebody
 * else asked after us, theirs is noted instead; what was asked before us counts for nothing, also while our own request is not to be seen yet.
 */
export const isHandled = ({ requestedAt, handledAt, version }: FluxObject, request: FluxRequest): boolean =>
  handledAt !== undefined &&
  (handledAt === request.value ||
    (isSince(version, request.version) && requestedAt !== request.value && handledAt === requestedAt));

/** Whether a version of an object is another one or a later one. Source: Kubernetes, KEP-5504: those of one kind compare as numbers. */
export const isSince = (version: string, since: string | undefined) =>
  since !== undefined && /^\d+$/u.test(version) && /^\d+$/u.test(since) && BigInt(version) >= BigInt(since);

/** Reasons of `Ready` that say: not now, but by itself later. Source: helm-controller 1.6, kustomize-controller 1.9, source-controller 1.9. */
const later = new Set([
  'Progressing',
  'ProgressingWithRetry',
  'DependencyNotReady',
  'SourceNotReady',
  'HealthCheckCanceled',
]);
/** Those of what was tried, and did not work; other failures are of what is around it, and may pass. */
const tried = new Set([
  'InstallFailed',
  'UpgradeFailed',
  'TestFailed',
  'RollbackSucceeded',
  'RollbackFailed',
  'UninstallSucceeded',
  'UninstallFailed',
]);
const final = new Set([
  ...tried,
  'ArtifactFailed',
  'BuildFailed',
  'HealthCheckFailed',
  'ReconciliationFailed',
  'PruneFailed',
]);

/**
 * Judges one object by its status, which counts only when it is of this generation, and when our request was handled.
 * @param request undefined when nothing was asked
 */
export function standingOf(object: FluxObject, request: FluxRequest | undefined): Standing {
  if (object.suspended) return { state: 'suspended' };
  if (object.isStatic) return { state: 'settled' };
  const name = nameOf(object);
  const ready = conditionOf(object.conditions, 'Ready');
  const reconciling = conditionOf(object.conditions, 'Reconciling');
  if (request !== undefined && !isHandled(object, request)) {
    const doing = reconciling?.status === 'True' ? `: ${sayCondition(reconciling)}` : '';
    return { state: 'working', why: `${name} to be reconciled${doing}` };
  }
  const stalled = conditionOf(object.conditions, 'Stalled');
  if (stalled?.status === 'True' && isCurrent(stalled, object)) {
    const because = ready?.status === 'False' ? sayCondition(ready) : sayCondition(stalled);
    return { state: 'failed', why: `${because} (${sayCondition(stalled)})`, passing: false };
  }
  if (ready === undefined || !isCurrent(ready, object)) {
    return { state: 'working', why: `${name} to notice its generation ${object.generation}` };
  }
  if (ready.status === 'False') return failureOf(object, ready);
  if (reconciling?.status === 'True') return { state: 'working', why: `${name}: ${sayCondition(reconciling)}` };
  if (ready.status !== 'True') return { state: 'working', why: `${name}: ${sayCondition(ready)}` };
  if (object.observedGeneration !== object.generation) {
    return { state: 'working', why: `${name} to finish its generation ${object.generation}` };
  }
  if (object.release !== undefined && object.release !== 'deployed') {
    return { state: 'failed', why: `its newest release in Helm is ${object.release}`, passing: true };
  }
  return { state: 'settled' };
}

const isCurrent = ({ observedGeneration }: Condition, object: FluxObject) =>
  (observedGeneration ?? object.observedGeneration) === object.generation;

function failureOf(object: FluxObject, ready: Condition): Standing {
  const why = sayCondition(ready);
  if (later.has(ready.reason) || /Retrying in /u.test(ready.message)) {
    return { state: 'working', why: `${nameOf(object)}: ${why}` };
  }
  if (object.triesAgain && tried.has(ready.reason)) {
    return { state: 'working', why: `${nameOf(object)}: ${why}; Helm is told to try again` };
  }
  const applies = object.kind.kind === 'HelmRelease' || object.kind.kind === 'Kustomization';
  return { state: 'failed', why, passing: applies ? !final.has(ready.reason) : !isPermanent(ready.message) };
}

/** What a source says that will be so tomorrow as well; all else may be a network or a server that is down for a moment. */
const isPermanent = (message: string) =>
  /not found|denied|unauthorized|forbidden|authentication|invalid|no match|couldn't find|failed to verify|unsupported/iu.test(
    message,
  );
