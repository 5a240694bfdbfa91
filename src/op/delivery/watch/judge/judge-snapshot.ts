import type { Snapshot } from '../read/snapshot.js';
import { type Assessment, assess, isReady } from './assess.js';
import { type ImageWithoutPods, imagesWithoutPods } from './images-without-pods.js';
import type { FluxJudgement } from './judge-flux.js';
import type { Requirements, WorkloadJudgement } from './judge-workload.js';
import { type DigestComparison, describeExpected, type SameImages } from './match-image.js';
import type { RolloutProblem } from './rollout-problem.js';

/** The verdict on a component at one moment. */
export interface Judgement extends Decision {
  /** Problems that may end the watch early; each has its own grace period. */
  readonly problems: readonly RolloutProblem[];
  /** What the registry has to compare before the verdict can change. */
  readonly comparisons: readonly DigestComparison[];
  /** Facts that users should know, though they do not affect the verdict. */
  readonly notes: readonly string[];
  /** One for each workload that uses an image. */
  readonly workloads: readonly WorkloadJudgement[];
}

interface Decision {
  /** `refused`: everything is finished, and something else is running. */
  readonly verdict: 'proven' | 'refused' | 'waiting';
  /** What it waits for, or why it is refused. */
  readonly why: string;
  /** The next command to type. */
  readonly hint: string | undefined;
}

/** Judges a component at one moment. Pure: the same snapshot always has the same verdict. */
export function judgeSnapshot(snapshot: Snapshot, requirements: Requirements, same: SameImages): Judgement {
  const assessment = assess(snapshot, requirements, same);
  const { all, workloads, flux, unused, problems } = assessment;
  return {
    ...decide(assessment),
    problems,
    // The template may be replaced at any moment while Flux is not ready.
    comparisons: all.flatMap((one) => one.comparisons).filter(({ usedBy }) => usedBy === 'pod' || isReady(flux)),
    notes: [
      ...workloads.flatMap((one) => one.notes),
      ...(requirements.allowUnused
        ? [
            ...unused.map((one) => `no workload of ${snapshot.component} uses ${describeExpected(one)}`),
            ...imagesWithoutPods(assessment).map(({ why }) => why),
          ]
        : []),
    ],
    workloads,
  };
}

/** Without Flux, op cannot know whether another template is on its way: the current state counts as final. */
const isFinal = (flux: FluxJudgement | undefined) => flux?.final ?? true;

function decide(assessment: Assessment): Decision {
  const { requirements, workloads, flux, unused, waiting, differs, refused, problems } = assessment;
  const isComplete =
    (waiting ?? differs ?? refused) === undefined &&
    (unused.length === 0 || requirements.allowUnused) &&
    workloads.length > 0;
  const needsConfiguration = problems.some(({ kind }) => kind === 'input');
  if (isComplete && isReady(flux) && !needsConfiguration) {
    const unproven = firstWithoutPods(assessment);
    if (unproven === undefined) return { verdict: 'proven', why: '', hint: undefined };
    return { verdict: 'refused', why: unproven.why, hint: unproven.hint };
  }
  if (isFinal(flux) && waiting === undefined) {
    const refusal = refusalReason(assessment);
    if (refusal !== undefined) return { verdict: 'refused', ...refusal };
  }
  const isNotWritten = flux?.final === true && waiting === undefined && differs !== undefined;
  return { verdict: 'waiting', why: waitingReason(assessment), hint: isNotWritten ? writeImages : undefined };
}

function waitingReason({ flux, unused, waiting, differs, refused }: Assessment): string {
  const reasonOf = (one: WorkloadJudgement) => `${workloadName(one)}: ${one.why}`;
  const open = waiting === undefined ? undefined : reasonOf(waiting);
  if (flux !== undefined && !flux.ready) return open === undefined ? flux.why : `${flux.why}; ${open}`;
  if (open !== undefined) return open;
  const progress = flux === undefined || flux.final ? '' : `; ${flux.why}`;
  const blocking = refused ?? differs;
  if (blocking !== undefined) return `${reasonOf(blocking)}${progress}`;
  const [image] = unused;
  return image === undefined ? 'the first answer' : `a workload that uses ${describeExpected(image)}${progress}`;
}

/** For users who wait for an image that was never written into the manifests. */
const writeImages =
  'Flux has applied everything, but the manifests do not name these images: write them into the manifests (op set-image does), ' +
  'or find out why whatever writes them has not';

/** `Deployment web` */
export const workloadName = ({ workload }: WorkloadJudgement) => `${workload.kind} ${workload.name}`;

function refusalReason(assessment: Assessment): Pick<Decision, 'why' | 'hint'> | undefined {
  const { refused, differs, unused, all, snapshot, requirements } = assessment;
  if (refused !== undefined) return { why: `${workloadName(refused)}: ${refused.why}`, hint: refused.hint };
  if (differs !== undefined) {
    // Another tag or digest may still arrive; where only the digest is missing, waiting will not help.
    const mayChange = snapshot.flux === undefined || requirements.imagesMayChange;
    if (mayChange && differs.hint === undefined) return undefined;
    return { why: `${workloadName(differs)}: ${differs.why}`, hint: differs.hint };
  }
  const [first] = unused;
  if (first === undefined || (requirements.allowUnused && all.some(({ state }) => state !== 'unrelated'))) {
    return undefined;
  }
  const used = [...new Set(all.flatMap(({ workload }) => workload.containers.map(({ text }) => text)))];
  const found = used.length === 0 ? 'it has no workloads' : `its images are ${used.slice(0, 6).join(', ')}`;
  return {
    why: `no workload of ${snapshot.component} uses ${describeExpected(first)}; ${found}`,
    hint: 'compare the repository of the environment with the manifests, choose images with --image-name, or use --allow-unused',
  };
}

/** The first image whose lack of pods matters: with `allowUnused`, one image must be proven, and others may have no pods. */
function firstWithoutPods(assessment: Assessment): ImageWithoutPods | undefined {
  const { requirements, unused } = assessment;
  const [first, ...more] = imagesWithoutPods(assessment);
  const isAny = more.length + 1 < requirements.expected.length - unused.length;
  return requirements.allowUnused && isAny ? undefined : first;
}
