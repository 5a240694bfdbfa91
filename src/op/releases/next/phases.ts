import { oneLine } from '../../kit/log/printable.js';
import { shellWord } from '../../kit/process/shell-word.js';
import { checkKey } from '../documents/check-names.js';
import type { Hold, Plan, PlanItem, Release } from '../documents/shapes.js';
import { sameJson } from '../documents/signature.js';
import { gatesLeft, nextCheck } from './checks.js';
import { type AtGate, approvalSignature, closedGate, decisionFor } from './gates.js';
import { lastOf, plainOf, resolveInputs } from './inputs.js';
import {
  environmentOf,
  type PackageView,
  type RunWork,
  type Snapshot,
  standingEnvironment,
  type Waiting,
  type Work,
} from './snapshot.js';

/** How an item of a release stands. `gone`: its environment is not there, or goes. */
type Stand = 'open' | 'running' | 'complete' | 'failed' | 'gone' | 'superseded';

export interface ReleaseNext {
  readonly work: readonly Work[];
  /** Runs that may start, if nothing else happens in their environment. */
  readonly candidates: readonly RunWork[];
  readonly waiting: readonly Waiting[];
}

const nothing: ReleaseNext = { work: [], candidates: [], waiting: [] };

/** What an open release needs: the items of its first phase that has not passed. */
export function nextOfRelease(snapshot: Snapshot, view: PackageView, release: Release): ReleaseNext {
  const { name } = view;
  const of = { package: name, release: release.number };
  const only = (work: Work): ReleaseNext => ({ ...nothing, work: [work] });
  const verdict = view.intent.verdicts[release.number];
  if (verdict !== undefined) return only({ do: 'close', ...of, as: verdict.is });
  const unrecorded = itemsOf(release.plan).filter(({ key }) => !isRecorded(view, release, key));
  if (unrecorded.length > 0) {
    return { ...nothing, work: unrecorded.map(({ key }) => ({ do: 'record', ...of, item: key })) };
  }
  const standOf = (item: PlanItem) => standOfItem(snapshot, view, release, item);
  const all = itemsOf(release.plan).map(standOf);
  if (all.includes('superseded')) return only({ do: 'close', ...of, as: 'superseded' });
  const missing = newEnvironments(snapshot, release.plan);
  if (missing.length > 0) return only({ do: 'plan', ...of, why: `for ${missing.join(', ')}` });
  for (const [index, phase] of release.plan.phases.entries()) {
    const stands = phase.items.map((item) => [item, standOf(item)] as const);
    if (stands.every(([, stand]) => stand === 'complete' || stand === 'gone')) continue;
    if (stands.every(([, stand]) => stand === 'complete' || stand === 'gone' || stand === 'failed')) {
      return only({ do: 'close', ...of, as: 'failed' });
    }
    const looked = stands
      .filter(([, stand]) => stand === 'open' || stand === 'running')
      .map(([item]) => unlessBroken({ ...of, item: item.key }, () => lookAt(snapshot, view, release, item)));
    const later: Waiting[] = release.plan.phases
      .slice(index + 1)
      .flatMap(({ items }) =>
        items
          .filter((item) => standOf(item) === 'open')
          .map(({ key }) => ({ ...of, item: key, kind: 'phase', for: `phase ${phase.name}` }) as const),
      );
    return {
      work: [],
      candidates: looked.flatMap((one) => ('do' in one ? [one] : [])),
      waiting: [...looked.flatMap((one) => ('do' in one ? [] : [one])), ...later],
    };
  }
  return only({ do: 'close', ...of, as: 'complete' });
}

export const itemsOf = ({ phases }: Plan): readonly PlanItem[] => phases.flatMap(({ items }) => items);

/** The environments that a plan was not made for, as they are. */
export function newEnvironments(snapshot: Snapshot, { environments }: Plan): readonly string[] {
  const planned = new Map(environments.map((one) => [one.name, one]));
  return [...snapshot.environments.values()]
    .filter(({ name }) => snapshot.wantedEnvironments.has(name))
    .filter((one) => !sameJson(planned.get(one.name), one))
    .map(({ name }) => name);
}

/** Of an item that runs `up` or a call. */
export function standOfItem(snapshot: Snapshot, view: PackageView, release: Release, { key }: PlanItem): Stand {
  const environment = environmentOf(key);
  const planned = release.plan.environments.find(({ name }) => name === environment);
  if (environment !== undefined && standingEnvironment(snapshot, environment)?.id !== planned?.id) return 'gone';
  const runs = release.runs.filter((run) => run.item === key && run.does !== 'down' && run.environment === planned?.id);
  if (runs.some(({ status }) => status === 'complete')) return 'complete';
  const last = runs.at(-1)?.status;
  if (last === 'failed') return 'failed';
  const there = environment === undefined ? undefined : view.document.deployments[environment];
  // Also when its run has not ended: a newer release could only come because that run's process is gone.
  if (there?.environment === planned?.id && (there?.highest ?? 0) > release.number) return 'superseded';
  return last === 'running' ? 'running' : 'open';
}

/** Whether the package knows of the newest complete run of an item. */
function isRecorded({ document }: PackageView, release: Release, key: string): boolean {
  const ended = lastOf(release.runs, ({ item, status }) => item === key && status === 'complete');
  if (ended === undefined) return true;
  const environment = environmentOf(key);
  if (environment !== undefined) return (document.deployments[environment]?.serial ?? 0) >= (ended.serial ?? 0);
  const known = document.tasks[key.slice('task/'.length)];
  if (known === undefined || known.release !== release.number) return (known?.release ?? 0) > release.number;
  return known.run >= ended.number;
}

/** The run of an item, or what it waits for. */
function lookAt(snapshot: Snapshot, view: PackageView, release: Release, item: PlanItem): RunWork | Waiting {
  const { key, inputs: planned } = item;
  const of = { package: view.name, release: release.number, item: key } as const;
  const environment = environmentOf(key);
  const held = environment === undefined ? undefined : holdOf(snapshot, view, environment);
  if (held !== undefined) return { ...of, kind: 'hold', ...held };
  const { inputs, missing } = resolveInputs(snapshot, planned);
  if (missing.length > 0) return { ...of, kind: 'input', for: missing.map(({ ref }) => ref).join(', ') };
  const does = environment === undefined ? 'call' : 'up';
  return closedBefore(snapshot, view, release, item, inputs) ?? { do: 'run', ...of, does, inputs, why: 'release' };
}

/** The gate that keeps an item from running with these inputs, or the check to run before; undefined when all are open. */
export function closedBefore(
  snapshot: Snapshot,
  view: PackageView,
  release: Release,
  { key, gates, runs }: PlanItem,
  inputs: RunWork['inputs'],
): RunWork | Waiting | undefined {
  const of = { package: view.name, release: release.number, item: key } as const;
  const phase = release.plan.phases.findIndex(({ items }) => items.some((one) => one.key === key));
  const at: AtGate = {
    ...of,
    now: snapshot.now,
    intent: view.intent,
    signature: approvalSignature(key, gates, plainOf(inputs), runs),
    earlier: endOfPhase(release, phase - 1),
  };
  const given = decisionFor(gates, at);
  const closed = closedGate(gates, at, given);
  if (closed !== undefined) {
    const ref = `${view.name}/@r${release.number}/${key}`;
    const hint = closed.kind === 'approval' ? { hint: `op approve ${shellWord(ref)}` } : {};
    return { ...of, ...closed, ...hint };
  }
  const check = nextCheck(release, key, gatesLeft(gates, given), inputs, snapshot.now);
  if (check === undefined) return undefined;
  if ('run' in check) {
    return { do: 'run', ...of, item: checkKey(key, check.run.name), does: 'check', inputs, why: `before ${key}` };
  }
  return {
    ...of,
    kind: 'check',
    for: check.for,
    hint: `op release retry ${shellWord(`${view.name}/@r${release.number}`)}`,
  };
}

/** What cannot be told for one item is something that it waits for: one plan does not keep all others of the store from going on. */
export function unlessBroken<Next>(
  of: Pick<Waiting, 'package' | 'release' | 'item'>,
  look: () => Next | Waiting,
): Next | Waiting {
  try {
    return look();
  } catch (error) {
    const why = oneLine(error instanceof Error ? error.message : String(error), 200);
    const hint = `op release abandon ${shellWord(`${of.package}/@r${of.release}`)}`;
    return { ...of, kind: 'failed', for: `somebody to look at it: its plan cannot be followed (${why})`, hint };
  }
}

/** Who holds an environment, for this package or for all, if nobody may deploy there now; and how to end it. */
export function holdOf(
  snapshot: Snapshot,
  { name, intent }: PackageView,
  environment: string,
): Pick<Waiting, 'for' | 'hint'> | undefined {
  const text = ({ until, reason, written }: Hold) =>
    `the end of a hold by ${written.by}${until === undefined ? '' : ` until ${until}`} (${reason || 'no reason given'})`;
  const ofAll = environmentHoldOf(snapshot, environment);
  if (ofAll !== undefined) return { for: text(ofAll), hint: `op environment unhold ${shellWord(environment)}` };
  const own = intent.holds[environment];
  if (own === undefined || !lasts(own, snapshot.now)) return undefined;
  return { for: text(own), hint: `op release unhold ${shellWord(name)} --environment=${shellWord(environment)}` };
}

/** The hold of an environment for all packages, while it lasts. */
export function environmentHoldOf({ now, heldEnvironments }: Snapshot, environment: string): Hold | undefined {
  const hold = heldEnvironments.get(environment);
  return hold !== undefined && lasts(hold, now) ? hold : undefined;
}

const lasts = ({ until }: Hold, now: Date) => until === undefined || Date.parse(until) > now.getTime();

/** When the last item of a phase, or of the ones before if it has none, was done. */
function endOfPhase({ plan, runs }: Release, phase: number): Date | undefined {
  for (let index = phase; index >= 0; index -= 1) {
    const keys = new Set(plan.phases[index]?.items.map(({ key }) => key));
    const ends = runs
      .filter(({ item, status, ended }) => keys.has(item) && status === 'complete' && ended !== undefined)
      .map(({ ended = '' }) => Date.parse(ended));
    if (ends.length > 0) return new Date(Math.max(...ends));
  }
  return undefined;
}
