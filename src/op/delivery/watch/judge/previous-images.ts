import { countOf } from '../../../kit/log/format.js';
import type { Container } from '../read/container.js';
import type { Pod } from '../read/pod.js';
import type { Snapshot } from '../read/snapshot.js';
import { workloadName } from './judge-snapshot.js';
import type { WorkloadJudgement } from './judge-workload.js';

/** An image that a workload ran until a delivery gave it another one. */
export interface PreviousImage {
  /** `Deployment web` */
  readonly workload: string;
  readonly container: string;
  /** As the older template names it. */
  readonly image: string;
  /** Ready pods that still run it. */
  readonly running: number;
}

/**
 * What the workloads ran whose rollout of the expected images is not done: what their ready older pods run, else the last template in the
 * history of the Deployment. Without either, and where the image is the same, there is nothing to go back to.
 */
export const previousImages = (workloads: readonly WorkloadJudgement[], snapshot: Snapshot): readonly PreviousImage[] =>
  workloads.flatMap((one) => previousOf(one, snapshot));

export const describePrevious = ({ workload, container, image, running }: PreviousImage) =>
  `container ${container} of ${workload} ran ${image}${running === 0 ? '' : ` (${countOf(running, 'ready pod')} still)`}`;

function previousOf(one: WorkloadJudgement, snapshot: Snapshot): readonly PreviousImage[] {
  if (one.images.length === 0 || (one.state !== 'waiting' && one.state !== 'refused')) return [];
  const current = imagesIn(one, one.workload.containers);
  const isOther = (containers: readonly Container[]) =>
    [...imagesIn(one, containers)].some(([name, image]) => current.get(name) !== image);
  const ready = one.pods.older.filter((pod) => isReady(pod) && isOther(pod.containers));
  const containers = ready[0]?.containers ?? historyOf(one, snapshot).find(isOther) ?? [];
  return [...imagesIn(one, containers)]
    .filter(([name, image]) => current.get(name) !== image)
    .map(([container, image]) => ({
      ...{ workload: workloadName(one), container, image },
      running: ready.filter((pod) => imagesIn(one, pod.containers).get(container) === image).length,
    }));
}

/** The image of each container that a delivery changes, by the container's name. */
const imagesIn = ({ expectedByContainer }: WorkloadJudgement, containers: readonly Container[]) =>
  new Map(containers.filter(({ name }) => expectedByContainer.has(name)).map(({ name, text }) => [name, text]));

const isReady = ({ statuses }: Pod) => statuses.length > 0 && statuses.every(({ ready }) => ready);

/** The older templates of a Deployment, the last one first, as `kubectl rollout undo` takes them. */
const historyOf = ({ workload }: WorkloadJudgement, { podControllers }: Snapshot) =>
  workload.kind !== 'Deployment'
    ? []
    : podControllers
        .filter(({ owner, templateHash }) => owner === workload.uid && templateHash !== workload.templateHash)
        .toSorted((one, other) => other.revision - one.revision)
        .map(({ containers }) => containers);
