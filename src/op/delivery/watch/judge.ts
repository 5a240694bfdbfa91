import { type Expected, nameOfExpected, type SameImages } from './image-match.js';
import { judgeFlux } from './judge-flux.js';
import { type Demands, judgeWorkload, type Question, type WorkloadJudgement } from './judge-workload.js';
import type { Snapshot } from './snapshot.js';
import { type Trouble, troublesOf } from './trouble.js';

/** What a snapshot says about the expected images. */
export interface Judgement {
  /** `refused`: all is finished, and what runs is something else. */
  readonly verdict: 'proven' | 'refused' | 'waiting';
  /** What it waits for, or why it is refused. */
  readonly why: string;
  /** The next command to type. */
  readonly hint: string | undefined;
  /** What may end it early; each has its own patience. */
  readonly troubles: readonly Trouble[];
  /** What the registry has to be asked before more can be said. */
  readonly questions: readonly Question[];
  /** What a person should know though it is no obstacle. */
  readonly notes: readonly string[];
  /** One for each workload that uses an image. */
  readonly workloads: readonly WorkloadJudgement[];
}

/** Patience for what was wrong before the watch began, and may be what is just being mended. */
const forOldTrouble = 15_000;

/** Judges a component at one moment: pure, the same for the same snapshot. */
export function judge(snapshot: Snapshot, demands: Demands, same: SameImages): Judgement {
  const all = snapshot.workloads.map((workload) => judgeWorkload(workload, snapshot, demands, same));
  const workloads = all.filter(({ state }) => state !== 'unrelated');
  const flux = snapshot.flux === undefined ? undefined : judgeFlux(snapshot.flux);
  const unused = demands.expected.filter((one) => !workloads.some(({ images }) => images.includes(one)));
  const open = workloads.find(({ state }) => state === 'waiting');
  const differs = workloads.find(({ state }) => state === 'differs');
  const refused = workloads.find(({ state }) => state === 'refused');
  const notes = [
    ...workloads.flatMap((one) => one.notes),
    ...(demands.allowUnused
      ? unused.map((one) => `no workload of ${snapshot.component} uses ${nameOfExpected(one)}`)
      : []),
  ];
  const own = workloads.flatMap((one) => workloadTroubles(one, snapshot, flux?.ready ?? true));
  const right = differs === undefined && unused.length === 0;
  // What is above the component matters when all of the component is done, and the right image has not come.
  const above = right || flux === undefined || !flux.ready ? [] : flux.troublesAbove;
  const troubles = [...(flux?.troubles ?? []), ...own, ...above];
  const judgement = {
    troubles,
    // The template may be another one in a moment, as long as Flux is not ready.
    questions: all.flatMap((one) => one.questions).filter(({ of }) => of === 'pods' || (flux?.ready ?? true)),
    notes,
    workloads,
    hint: undefined,
  };
  const suspended = troubles.some(({ kind }) => kind === 'input');

  const blocked = open ?? differs ?? refused;
  const enough = blocked === undefined && (unused.length === 0 || demands.allowUnused) && workloads.length > 0;
  const ready = (flux?.ready ?? true) && !suspended;
  if (enough && ready) {
    const nothing = saysNothingRuns(workloads, snapshot);
    if (nothing === undefined) return { ...judgement, verdict: 'proven', why: '' };
    return { ...judgement, verdict: 'refused', why: nothing, hint: 'scale it up, and run this again' };
  }
  // Without Flux nobody can be asked whether another template is on its way; one that names no image of ours is a mistake all the same.
  const settled = flux?.final ?? true;
  if (settled && open === undefined) {
    const no = refusal({ refused, differs, unused, all, snapshot, demands });
    if (no !== undefined) return { ...judgement, verdict: 'refused', ...no };
  }
  const flows = flux === undefined || flux.final ? '' : `; ${flux.why}`;
  const waitsFor = [
    flux !== undefined && !flux.ready
      ? [flux.why, open && `${nameOfWorkload(open)}: ${open.why}`].filter(Boolean).join('; ')
      : undefined,
    open && `${nameOfWorkload(open)}: ${open.why}`,
    ...[refused, differs].map((one) => one && `${nameOfWorkload(one)}: ${one.why}${flows}`),
    unused[0] && `a workload that uses ${nameOfExpected(unused[0])}${flows}`,
  ];
  const forgotten = flux !== undefined && settled && open === undefined && differs !== undefined;
  const why = waitsFor.find((text) => text !== undefined) ?? 'the first answer';
  return { ...judgement, verdict: 'waiting', why, hint: forgotten ? notWritten : undefined };
}

/** For whoever waits in vain for an image that Flux was never told of. */
const notWritten =
  'Flux has done all that it was told, so nobody has told it these images: write them into the manifests (op set-image does), ' +
  'or see why what writes them has not';

/** `Deployment web` */
export const nameOfWorkload = ({ workload }: WorkloadJudgement) => `${workload.kind} ${workload.name}`;

interface Seen {
  readonly refused: WorkloadJudgement | undefined;
  readonly differs: WorkloadJudgement | undefined;
  readonly unused: readonly Expected[];
  readonly all: readonly WorkloadJudgement[];
  readonly snapshot: Snapshot;
  readonly demands: Demands;
}

function refusal({
  refused,
  differs,
  unused,
  all,
  snapshot,
  demands,
}: Seen): { why: string; hint: string | undefined } | undefined {
  if (refused !== undefined) return { why: `${nameOfWorkload(refused)}: ${refused.why}`, hint: refused.hint };
  if (differs !== undefined) {
    // Another tag or digest may still come from somebody; where only the digest is missing, nothing more will.
    const mayCome = snapshot.flux === undefined || demands.patient;
    if (mayCome && differs.hint === undefined) return undefined;
    return { why: `${nameOfWorkload(differs)}: ${differs.why}`, hint: differs.hint };
  }
  const [first] = unused;
  if (first === undefined || (demands.allowUnused && all.some(({ state }) => state !== 'unrelated'))) return undefined;
  const used = [...new Set(all.flatMap(({ workload }) => workload.containers.map(({ text }) => text)))];
  return {
    why: `no workload of ${snapshot.component} uses ${nameOfExpected(first)}; they use ${used.slice(0, 6).join(', ') || 'nothing: it owns no workload'}`,
    hint: 'compare the repository of the environment with the manifests, choose images with --image-name, or allow it with --allow-unused',
  };
}

function workloadTroubles(one: WorkloadJudgement, snapshot: Snapshot, ready: boolean): readonly Trouble[] {
  // The pods of another template are on their way out; whether it is another may be known in a moment.
  if (one.state === 'differs' || one.questions.length > 0) return [];
  const { workload, pods } = one;
  const isNew = ready || snapshot.before.get(workload.uid) !== workload.template;
  return troublesOf(workload, pods, snapshot.failedCreates).map((trouble) => ({
    ...trouble,
    key: isNew ? trouble.key : `${trouble.key} before`,
    patience: isNew ? trouble.patience : trouble.patience + forOldTrouble,
  }));
}

/** Workloads of which none has a pod prove nothing; a CronJob that waits for its hour is as it should be. */
function saysNothingRuns(workloads: readonly WorkloadJudgement[], { component }: Snapshot): string | undefined {
  if (workloads.some(({ compared }) => compared > 0)) return undefined;
  const empty = workloads.filter(({ workload }) => workload.kind !== 'CronJob');
  if (empty.length === 0) return undefined;
  return `nothing of ${component} runs: ${empty.map(nameOfWorkload).join(', ')} ${empty.length === 1 ? 'has' : 'have'} no pods`;
}
