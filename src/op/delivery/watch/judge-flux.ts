import { conditionOf } from '../flux/condition.js';
import { keyOf, nameOf } from '../flux/flux-object.js';
import { type Standing, standingOf } from '../flux/standing.js';
import type { FluxPart, FluxState } from './snapshot.js';
import type { Trouble } from './trouble.js';

/** How far Flux is with the component. */
export interface FluxJudgement {
  /** Our requests were carried out, and the component is ready. */
  readonly ready: boolean;
  /** Nothing that was written down is on its way any more: what is in the cluster now is what Flux was told. */
  readonly final: boolean;
  readonly why: string;
  /** Of the component and its sources. */
  readonly troubles: readonly Trouble[];
  /** Of what is above it: they matter only when the right image does not come. */
  readonly troublesAbove: readonly Trouble[];
}

const minute = 60_000;

/** Judges what Flux says of the component, of what is in it, of what applied it, and of their sources. */
export function judgeFlux(flux: FluxState): FluxJudgement {
  const judged = flux.parts.map((part): Judged => {
    const wasAsked = flux.asking !== 'pending' || part.request !== undefined;
    return { part, standing: standingOf(part.object, part.request), lag: lagOf(part, flux.parts), wasAsked };
  });
  const component = judged.filter(({ part }) => part.role === 'component');
  const above = judged.filter(({ part }) => part.role === 'owner');
  const open = component.find(({ standing }) => standing.state !== 'settled');
  const behind = judged.find(({ lag }) => lag !== undefined)?.lag;
  const ready = open === undefined && flux.asking !== 'pending' && !flux.isGone;
  const settled = judged.every(
    (one) => one.standing.state === 'settled' || (one.part.role === 'owner' && hasApplied(one)),
  );
  return {
    ready,
    final: ready && settled && behind === undefined && flux.asking === 'done',
    why:
      sayOpen(open?.standing) ??
      behind ??
      judged.map(({ standing }) => sayOpen(standing)).find(Boolean) ??
      (flux.asking === 'pending' ? 'Flux to be asked' : 'Flux to come with another revision'),
    troubles: [
      ...(flux.isGone ? [gone] : []),
      ...judged.filter(({ part }) => part.role !== 'owner').flatMap(troubleOf),
    ],
    troublesAbove: behind === undefined ? above.flatMap(troubleOf) : [],
  };
}

interface Judged {
  readonly part: FluxPart;
  readonly standing: Standing;
  readonly lag: string | undefined;
  readonly wasAsked: boolean;
}

const gone: Trouble = {
  key: 'gone',
  kind: 'tool',
  patience: 10_000,
  why: 'the component was deleted while it was watched',
  hint: 'look at who deleted it with: kubectl get events --sort-by=.lastTimestamp',
};

/** What the owner has is in the cluster, though something that it applied may be ill, or not be well yet. */
function hasApplied({ part: { object }, standing }: Judged): boolean {
  const reconciling = conditionOf(object.conditions, 'Reconciling');
  return standing.state === 'failed' || reconciling?.message.startsWith('Running health checks') === true;
}

const sayOpen = (standing: Standing | undefined) => (standing?.state === 'working' ? standing.why : undefined);

/** What applies may still have an older revision of its source than the one that is there now. */
function lagOf({ object }: FluxPart, parts: readonly FluxPart[]): string | undefined {
  const wanted = object.sources.map(keyOf).at(-1);
  const source = parts.find((part) => part.role === 'source' && keyOf(part.object) === wanted)?.object;
  if (source?.artifact === undefined || object.attempted === undefined) return undefined;
  const digest = /sha(?:1|256):[0-9a-f]+/u;
  const [has, tried] = [source.artifact, object.attempted].map((text) => digest.exec(text)?.[0] ?? text);
  return has === tried ? undefined : `${nameOf(object)} to take ${source.artifact} (it has ${object.attempted})`;
}

function troubleOf({ part: { object, role }, standing, lag, wasAsked }: Judged): readonly Trouble[] {
  const name = nameOf(object);
  const { kind, namespace } = object;
  const key = `${keyOf(object)} ${standing.state}`;
  const resource = `${kind.plural}.${kind.group}/${object.name} --namespace=${namespace}`;
  if (standing.state === 'suspended') {
    const hint = `kubectl patch ${resource} --type=merge --patch='{"spec":{"suspend":false}}'`;
    return [
      { key, kind: 'input', patience: 0, why: `${name} is suspended (spec.suspend): Flux does nothing with it`, hint },
    ];
  }
  if (standing.state !== 'failed' || !wasAsked) return [];
  // Something else that the owner applies may be ill; ours was applied.
  if (role === 'owner' && standing.why.startsWith('HealthCheckFailed')) return [];
  // What failed may be an older revision than the one that is there by now.
  const patience = lag !== undefined ? minute / 2 : standing.passing ? minute : 0;
  return [{ key, kind: 'tool', patience, why: `${name}: ${standing.why}`, hint: `kubectl describe ${resource}` }];
}
