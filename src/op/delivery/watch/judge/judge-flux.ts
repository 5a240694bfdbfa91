import { conditionOf } from '../../flux/condition.js';
import { fluxKey, fluxName } from '../../flux/flux-object.js';
import { type ReconcileStatus, reconcileStatus } from '../../flux/reconcile-status.js';
import type { FluxPart, FluxState } from '../read/snapshot.js';
import type { RolloutProblem } from './rollout-problem.js';

/** The verdict on what Flux does for the component. */
export interface FluxJudgement {
  /** Our requests were handled, and the component is ready. */
  readonly ready: boolean;
  /** No change is on its way: the cluster has what the sources say. */
  readonly final: boolean;
  readonly why: string;
  /** Problems of the component and its sources. */
  readonly problems: readonly RolloutProblem[];
  /** Problems of its owners: they matter only when the right image does not arrive. */
  readonly ownerProblems: readonly RolloutProblem[];
}

const minute = 60_000;

/** Judges the Flux objects of a component: the component, its parts, its owners and their sources. */
export function judgeFlux(flux: FluxState): FluxJudgement {
  const judged = flux.parts.map((part): Judged => {
    const wasRequested = flux.requestPhase !== 'pending' || part.request !== undefined;
    return { part, status: reconcileStatus(part.object, part.request), lag: lagOf(part, flux.parts), wasRequested };
  });
  const component = judged.filter(({ part }) => part.role === 'component');
  const owners = judged.filter(({ part }) => part.role === 'owner');
  const unsettled = component.find(({ status }) => status.state !== 'settled');
  const behind = judged.find(({ lag }) => lag !== undefined)?.lag;
  const ready = unsettled === undefined && flux.requestPhase !== 'pending' && !flux.isGone;
  const settled = judged.every(
    (one) => one.status.state === 'settled' || (one.part.role === 'owner' && hasApplied(one)),
  );
  return {
    ready,
    final: ready && settled && behind === undefined && flux.requestPhase === 'done',
    why:
      describeWork(unsettled?.status) ??
      behind ??
      judged.map(({ status }) => describeWork(status)).find(Boolean) ??
      (flux.requestPhase === 'pending' ? 'all reconcile requests to be sent' : 'Flux to apply another revision'),
    problems: [
      ...(flux.isGone ? [deleted] : []),
      ...judged.filter(({ part }) => part.role !== 'owner').flatMap(problemOf),
    ],
    // One that is suspended stays behind its source.
    ownerProblems: owners
      .filter(({ status }) => behind === undefined || status.state === 'suspended')
      .flatMap(problemOf),
  };
}

interface Judged {
  readonly part: FluxPart;
  readonly status: ReconcileStatus;
  readonly lag: string | undefined;
  readonly wasRequested: boolean;
}

const deleted: RolloutProblem = {
  key: 'gone',
  kind: 'tool',
  gracePeriod: 10_000,
  why: 'the component was deleted during the watch',
  hint: 'find out who deleted it: kubectl get events --sort-by=.lastTimestamp',
};

/** The owner has applied its objects, though some of them may be unhealthy or not yet healthy. */
function hasApplied({ part: { object }, status }: Judged): boolean {
  const reconciling = conditionOf(object.conditions, 'Reconciling');
  return status.state === 'failed' || reconciling?.message.startsWith('Running health checks') === true;
}

const describeWork = (status: ReconcileStatus | undefined) => (status?.state === 'working' ? status.why : undefined);

/** Says when an object has not applied the current revision of its source yet. */
function lagOf({ object }: FluxPart, parts: readonly FluxPart[]): string | undefined {
  const nearest = object.sources.map(fluxKey).at(-1);
  const source = parts.find((part) => part.role === 'source' && fluxKey(part.object) === nearest)?.object;
  if (source?.artifactRevision === undefined || object.attemptedRevision === undefined) return undefined;
  const digest = /sha(?:1|256):[0-9a-f]+/u;
  const [current, attempted] = [source.artifactRevision, object.attemptedRevision].map(
    (text) => digest.exec(text)?.[0] ?? text,
  );
  return current === attempted
    ? undefined
    : `${fluxName(object)} to apply ${source.artifactRevision} (it has tried ${object.attemptedRevision})`;
}

function problemOf({ part: { object, role }, status, lag, wasRequested }: Judged): readonly RolloutProblem[] {
  const name = fluxName(object);
  const { kind, namespace } = object;
  const key = `${fluxKey(object)} ${status.state}`;
  const resource = `${kind.plural}.${kind.group}/${object.name} --namespace=${namespace}`;
  if (status.state === 'suspended') {
    const hint = `kubectl patch ${resource} --type=merge --patch='{"spec":{"suspend":false}}'`;
    return [
      {
        key,
        kind: 'input',
        gracePeriod: 0,
        why: `${name} is suspended (spec.suspend): Flux does not reconcile it`,
        hint,
      },
    ];
  }
  if (status.state !== 'failed' || !wasRequested) return [];
  // Some other object of the owner may be unhealthy; ours was applied.
  if (role === 'owner' && status.why.startsWith('HealthCheckFailed')) return [];
  // The revision that failed may be older than the current one.
  const gracePeriod = lag !== undefined ? minute / 2 : status.mayPass ? minute : 0;
  return [{ key, kind: 'tool', gracePeriod, why: `${name}: ${status.why}`, hint: `kubectl describe ${resource}` }];
}
