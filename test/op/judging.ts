import { judgeSnapshot } from '../../src/op/delivery/watch/judge/judge-snapshot.js';
import type { Requirements } from '../../src/op/delivery/watch/judge/judge-workload.js';
import type { ExpectedImage, SameImages } from '../../src/op/delivery/watch/judge/match-image.js';
import type { Snapshot } from '../../src/op/delivery/watch/read/snapshot.js';
import type { KubeObject } from '../../src/op/systems/kubernetes/api.js';
import { kinds } from '../../src/op/systems/kubernetes/api.js';
import {
  digestOf,
  fluxOf,
  fluxPart,
  type Given,
  type Play,
  type PodPlay,
  podControllerObject,
  podObject,
  snapshotOf,
  templateOf,
  workloadObject,
} from './cluster-objects.js';

export const [right, wrong, platform] = [digestOf('a'), digestOf('b'), digestOf('c')];
export const repository = 'registry.example.com/dev';
export const expectedOf = (imageName: string, digest = right, tag = 'v1'): ExpectedImage => ({
  imageName,
  image: { registry: 'registry.example.com', path: `dev/${imageName}`, tag, digest },
});
export const web = expectedOf('web');
export const api = expectedOf('api', digestOf('d'));
export const requirementsOf = (parts: Partial<Requirements> = {}): Requirements => ({
  expected: [web],
  allowTag: false,
  allowUnused: false,
  imagesMayChange: false,
  ...parts,
});
export const image = `${repository}/web:v1@${right}`;
export const runs = (digest: string) => `${repository}/web@${digest}`;
export const none: SameImages = new Map();

/** A Deployment that is finished, with one pod. */
export function deployed(
  images: readonly Given[],
  pod: PodPlay['containers'],
  play: Partial<Play> = {},
  init: readonly Given[] = [],
): KubeObject[] {
  const template = templateOf(images, init);
  const deployment = workloadObject({ template, ...play });
  const set = podControllerObject(kinds.replicaSet, deployment, template);
  return [deployment, set, podObject(set, { containers: pod })];
}
export const verdictOf = (
  snapshot: Snapshot,
  requirements: Requirements = requirementsOf(),
  same: SameImages = none,
) => {
  const { verdict, why } = judgeSnapshot(snapshot, requirements, same);
  return `${verdict}${why === '' ? '' : `: ${why}`}`;
};
export const verdictOn = (objects: readonly KubeObject[], requirements?: Requirements, same?: SameImages) =>
  verdictOf(snapshotOf(objects, { component: 'Workload shop/web' }), requirements, same);
/** The verdict when Flux has handled all requests. */
export const settled = (objects: readonly KubeObject[], requirements?: Requirements) =>
  verdictOf(snapshotOf(objects, { flux: fluxOf([fluxPart(kinds.helmRelease)]) }), requirements);
