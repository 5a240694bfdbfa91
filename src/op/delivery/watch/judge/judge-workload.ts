import { countOf } from '../../../kit/log/format.js';
import { formatReference } from '../../../systems/registry/reference.js';
import type { Container } from '../read/container.js';
import type { Snapshot } from '../read/snapshot.js';
import type { Workload } from '../read/workload.js';
import { podsOfWorkload, type WorkloadPods } from '../read/workload-pods.js';
import { comparePods } from './compare-pods.js';
import {
  type DigestComparison,
  type ExpectedImage,
  type Match,
  matchTemplate,
  type SameImages,
} from './match-image.js';
import { type RolloutStatus, rolloutStatus } from './rollout-status.js';

/** What a component must run to be proven. */
export interface Requirements {
  readonly expected: readonly ExpectedImage[];
  /** The template may name the image by its tag alone. */
  readonly allowTag: boolean;
  /** An image may be used by no workload, or only by workloads without pods; one image at least must be proven. */
  readonly allowUnused: boolean;
  /** Something other than op writes the images into the manifests: they may change after Flux has applied everything. */
  readonly imagesMayChange: boolean;
}

/** The verdict on one workload. */
export interface WorkloadJudgement {
  readonly workload: Workload;
  /** `unrelated`: uses none of the images. `idle`: runs no pods, which is fine. `differs`: its template names another image. */
  readonly state: 'unrelated' | 'proven' | 'idle' | 'waiting' | 'differs' | 'refused';
  readonly why: string;
  readonly hint?: string;
  /** The expected images that the template names. */
  readonly images: readonly ExpectedImage[];
  /** The image that each container must run, by the container's name; only containers that use an expected image. */
  readonly expectedByContainer: ReadonlyMap<string, ExpectedImage>;
  /** The number of pods that were proven to run the images. */
  readonly compared: number;
  readonly notes: readonly string[];
  readonly comparisons: readonly DigestComparison[];
  readonly pods: WorkloadPods;
}

/** A container of the template with the expected image that it uses. */
interface ContainerUse {
  readonly container: Container;
  readonly match: Exclude<Match, { match: 'unrelated' }>;
}

type State = Pick<WorkloadJudgement, 'state' | 'why' | 'hint'>;

/** Judges one workload: its template, its rollout, and the images that its pods run. */
export function judgeWorkload(
  workload: Workload,
  snapshot: Snapshot,
  { expected, allowTag }: Requirements,
  same: SameImages,
): WorkloadJudgement {
  const uses = workload.containers.flatMap((container): readonly ContainerUse[] => {
    const match = matchTemplate(container, expected, same);
    return match.match === 'unrelated' ? [] : [{ container, match }];
  });
  const pods = podsOfWorkload(workload, snapshot);
  const right = uses.filter(({ match }) => match.match === 'same' || (match.match === 'tag' && allowTag));
  const base = {
    workload,
    images: right.map(({ match }) => match.expected),
    expectedByContainer: new Map(uses.map(({ container, match }) => [container.name, match.expected])),
    compared: 0,
    notes: [],
    comparisons: [],
    pods,
  };
  if (uses.length === 0) return { ...base, state: 'unrelated', why: 'it uses none of the images' };
  const wrong = uses.find((use) => !right.includes(use));
  if (wrong !== undefined) return { ...base, ...judgeTemplate(wrong) };
  const containers = right.map(({ container, match }) => ({ container, expected: match.expected }));
  const compared = comparePods(workload, pods, containers, same);
  const { comparisons, proven } = compared;
  if (comparisons.length > 0) {
    return { ...base, state: 'waiting', why: 'the registry to compare two digests', comparisons };
  }
  const judged = { ...base, notes: notesOn(workload, pods), compared: proven };
  const rollout = rolloutStatus(workload);
  if (rollout.state !== 'done') return { ...judged, ...judgeUnfinished(rollout, compared.wrong) };
  return { ...judged, ...judgePods(workload, pods, compared) };
}

function judgeTemplate({ container, match }: ContainerUse): State & Pick<WorkloadJudgement, 'comparisons'> {
  const why = `its ${container.kind} ${container.name} must be ${formatReference(match.expected.image)}, but is ${container.text}`;
  switch (match.match) {
    case 'unknown': {
      const { digest = '' } = match.found;
      const foundIn = container.text.split(/[@:](?=[^/]*$)/u)[0];
      const comparison: DigestComparison = { expected: match.expected, found: digest, foundIn, usedBy: 'template' };
      return { state: 'waiting', why, comparisons: [comparison] };
    }
    case 'tag':
      return {
        comparisons: [],
        state: 'differs',
        why: `${why}: the tag is right, but a tag alone proves nothing`,
        hint: 'write the digest into the manifests (op set-image does), or use --allow-tag to accept the tag and compare the digests of the pods',
      };
    default:
      return { comparisons: [], state: 'differs', why };
  }
}

function judgeUnfinished(rollout: Exclude<RolloutStatus, { state: 'done' }>, wrong: string | undefined): State {
  if (rollout.state === 'waiting') return { state: 'waiting', why: rollout.why };
  return { state: 'refused', why: wrong === undefined ? rollout.why : `${rollout.why}; ${wrong}`, hint: rollout.hint };
}

/** Judges the pods once the rollout is finished. */
function judgePods(workload: Workload, pods: WorkloadPods, compared: ReturnType<typeof comparePods>): State {
  if (compared.wrong !== undefined) return { state: 'refused', why: compared.wrong, hint: staleTag };
  if (workload.kind === 'CronJob') return { state: compared.proven > 0 ? 'proven' : 'idle', why: '' };
  if (pods.older.length > 0) {
    return { state: 'waiting', why: `${countOf(pods.older.length, 'pod')} of an older template to terminate` };
  }
  if (pods.newest.length < workload.desired) {
    return { state: 'waiting', why: `${pods.newest.length} of ${workload.desired} pods were found` };
  }
  if (compared.pending !== undefined) return { state: 'waiting', why: compared.pending };
  return { state: pods.newest.length === 0 ? 'idle' : 'proven', why: '' };
}

/** The manifests are right, so the hint does not send anyone there to look for the fault. */
const staleTag =
  'the template is right, but a node has another image under that tag: name the image by its digest in the manifests (op set-image does), ' +
  'or delete these pods once the tag is right, with imagePullPolicy: Always';

function notesOn(workload: Workload, { newest, older, terminating, podControllers }: WorkloadPods): readonly string[] {
  const { kind, desired, paused, hasRun } = workload;
  const name = `${kind} ${workload.name}`;
  const onlyTemplate = 'only its template was compared';
  if (kind === 'CronJob') {
    const pods = podControllers.length > 0 ? 'has no pod to compare' : 'has not run since its template changed';
    return [
      ...(paused ? [`${name} is suspended`] : []),
      ...(newest.length > 0 ? [] : [`${name} ${hasRun ? pods : 'has never run'}: ${onlyTemplate}`]),
      ...(older.some(({ active }) => active) ? [`a Job of ${name} still runs an older template`] : []),
    ];
  }
  const verb = terminating.length === 1 ? 'is' : 'are';
  return [
    ...(desired === 0 ? [`${name} ${whyEmpty(workload)}: ${onlyTemplate}`] : []),
    ...(terminating.length > 0 ? [`${countOf(terminating.length, 'pod')} of ${name} ${verb} still terminating`] : []),
  ];
}

/** Why a workload has no pods: `is scaled to zero`. */
export function whyEmpty({ kind, paused }: Pick<Workload, 'kind' | 'paused'>): string {
  if (kind === 'CronJob') return paused ? 'is suspended' : 'has not run';
  return kind === 'DaemonSet' ? 'is scheduled to no node' : 'is scaled to zero';
}
