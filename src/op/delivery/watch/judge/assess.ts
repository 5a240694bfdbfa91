import type { Snapshot } from '../read/snapshot.js';
import { type FluxJudgement, judgeFlux } from './judge-flux.js';
import { judgeWorkload, type Requirements, type WorkloadJudgement } from './judge-workload.js';
import type { ExpectedImage, SameImages } from './match-image.js';
import { problemsOf, type RolloutProblem } from './rollout-problem.js';

/** The facts that the verdict follows from. */
export interface Assessment {
  readonly snapshot: Snapshot;
  readonly requirements: Requirements;
  /** All workloads, and those that use an image. */
  readonly all: readonly WorkloadJudgement[];
  readonly workloads: readonly WorkloadJudgement[];
  readonly flux: FluxJudgement | undefined;
  /** Expected images that no workload uses. */
  readonly unused: readonly ExpectedImage[];
  /** The first workload in each of these states. */
  readonly waiting: WorkloadJudgement | undefined;
  readonly differs: WorkloadJudgement | undefined;
  readonly refused: WorkloadJudgement | undefined;
  readonly problems: readonly RolloutProblem[];
}

/** Extra grace for a problem that is older than the watch: the new release may be what fixes it. */
const graceForOldProblem = 15_000;

/** Judges each workload and Flux, and collects what the verdict on the component follows from. */
export function assess(snapshot: Snapshot, requirements: Requirements, same: SameImages): Assessment {
  const all = snapshot.workloads.map((workload) => judgeWorkload(workload, snapshot, requirements, same));
  const workloads = all.filter(({ state }) => state !== 'unrelated');
  const flux = snapshot.flux === undefined ? undefined : judgeFlux(snapshot.flux);
  const unused = requirements.expected.filter((one) => !workloads.some(({ images }) => images.includes(one)));
  const first = (state: WorkloadJudgement['state']) => workloads.find((one) => one.state === state);
  const differs = first('differs');
  const hasRightTemplates = differs === undefined && unused.length === 0;
  const problems = [
    ...(flux?.problems ?? []),
    ...workloads.flatMap((one) => workloadProblems(one, snapshot, isReady(flux))),
    // Problems of owners matter only when the component itself is ready, and the right image has not arrived.
    ...(hasRightTemplates || flux === undefined || !flux.ready ? [] : flux.ownerProblems),
  ];
  return {
    ...{ snapshot, requirements, all, workloads, flux, unused, differs, problems },
    waiting: first('waiting'),
    refused: first('refused'),
  };
}

/** Without Flux, nothing has to be ready first. */
export const isReady = (flux: FluxJudgement | undefined) => flux?.ready ?? true;

function workloadProblems(one: WorkloadJudgement, snapshot: Snapshot, isReady: boolean): readonly RolloutProblem[] {
  // The pods of another template are about to go; whether it is another template may be known in a moment.
  if (one.state === 'differs' || one.comparisons.length > 0) return [];
  const { workload, pods } = one;
  const isNew = isReady || snapshot.initialTemplates.get(workload.uid) !== workload.templateHash;
  return problemsOf(workload, pods, snapshot.failedCreates).map((problem) => ({
    ...problem,
    key: isNew ? problem.key : `${problem.key} before`,
    gracePeriod: isNew ? problem.gracePeriod : problem.gracePeriod + graceForOldProblem,
  }));
}
