import type { Container } from '../read/container.js';
import type { Pod } from '../read/pod.js';
import type { Workload } from '../read/workload.js';
import type { WorkloadPods } from '../read/workload-pods.js';
import {
  type DigestComparison,
  digestOfImageId,
  type ExpectedImage,
  matchRunning,
  repositoryOfImageId,
  type SameImages,
} from './match-image.js';

/** A container whose template is right, with the image that it must run. */
export interface ExpectedContainer {
  readonly container: Container;
  readonly expected: ExpectedImage;
}

/** The result of comparing the pods of a workload. */
export interface PodComparison {
  /** The number of pods of the newest template that run the expected images. */
  readonly proven: number;
  /** The first pod that runs another image. */
  readonly wrong: string | undefined;
  /** The first pod that cannot be compared yet. */
  readonly pending: string | undefined;
  readonly comparisons: readonly DigestComparison[];
}

type Outcome =
  | { readonly is: 'same' }
  | { readonly is: 'wrong'; readonly why: string }
  | { readonly is: 'pending'; readonly why: string }
  | { readonly is: 'unknown'; readonly comparison: DigestComparison };

/** Compares the images that the pods of a workload run, by digest. */
export function comparePods(
  workload: Workload,
  pods: WorkloadPods,
  containers: readonly ExpectedContainer[],
  same: SameImages,
): PodComparison {
  const compare = (pod: Pod) => containers.map((one) => compareContainer(pod, one, same));
  const newest = pods.newest.map(compare);
  // Older pods count too where the rollout leaves them for good.
  const older = workload.partition > 0 || workload.onDelete ? pods.older.flatMap(compare) : [];
  const ofNewest = newest.flat();
  const outcomes = [...ofNewest, ...older];
  return {
    proven: newest.filter((pod) => pod.every(({ is }) => is === 'same')).length,
    wrong: outcomes.flatMap((one) => (one.is === 'wrong' ? [one.why] : []))[0],
    pending: ofNewest.flatMap((one) => (one.is === 'pending' ? [one.why] : []))[0],
    comparisons: outcomes.flatMap((one) => (one.is === 'unknown' ? [one.comparison] : [])),
  };
}

function compareContainer(pod: Pod, { container, expected }: ExpectedContainer, same: SameImages): Outcome {
  const name = `${container.kind} ${container.name} of pod ${pod.name}`;
  const status = pod.statuses.find((one) => one.name === container.name);
  if (status === undefined || status.imageID === '') return { is: 'pending', why: `${name} to start` };
  const matched = matchRunning(status.imageID, expected, same);
  if (matched === true) return { is: 'same' };
  const found = digestOfImageId(status.imageID);
  if (matched === undefined && found !== undefined) {
    const foundIn = repositoryOfImageId(status.imageID);
    return { is: 'unknown', comparison: { expected, found, foundIn, usedBy: 'pod' } };
  }
  const digest = `${expected.image.digest} (${expected.imageName})`;
  return { is: 'wrong', why: `${name} runs ${found ?? status.imageID}, expected ${digest}` };
}
