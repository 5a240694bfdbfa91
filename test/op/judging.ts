import type { Expected, SameImages } from '../../src/op/delivery/watch/image-match.js';
import { judge } from '../../src/op/delivery/watch/judge.js';
import type { Demands } from '../../src/op/delivery/watch/judge-workload.js';
import type { Snapshot } from '../../src/op/delivery/watch/snapshot.js';
import type { KubeObject } from '../../src/op/systems/kubernetes/api.js';
import { kinds } from '../../src/op/systems/kubernetes/api.js';
import {
  digestOf,
  fluxOf,
  fluxPart,
  type Given,
  generationObject,
  type Play,
  type PodPlay,
  podObject,
  snapshotOf,
  templateOf,
  workloadObject,
} from './cluster-objects.js';

export const [right, wrong, platform] = [digestOf('a'), digestOf('b'), digestOf('c')];
export const repository = 'registry.example.com/dev';
export const expectedOf = (imageName: string, digest = right, tag = 'v1'): Expected => ({
  imageName,
  image: { registry: 'registry.example.com', path: `dev/${imageName}`, tag, digest },
});
export const web = expectedOf('web');
export const api = expectedOf('api', digestOf('d'));
export const demandsOf = (parts: Partial<Demands> = {}): Demands => ({
  expected: [web],
  allowTag: false,
  allowUnused: false,
  patient: false,
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
  const set = generationObject(kinds.replicaSet, deployment, template);
  return [deployment, set, podObject(set, { containers: pod })];
}
export const verdictOf = (snapshot: Snapshot, demands: Demands = demandsOf(), same: SameImages = none) => {
  const { verdict, why } = judge(snapshot, demands, same);
  return `${verdict}${why === '' ? '' : `: ${why}`}`;
};
export const verdictOn = (objects: readonly KubeObject[], demands?: Demands, same?: SameImages) =>
  verdictOf(snapshotOf(objects, { component: 'Workload shop/web' }), demands, same);
/** With Flux that has done all that it was asked. */
export const settled = (objects: readonly KubeObject[], demands?: Demands) =>
  verdictOf(snapshotOf(objects, { flux: fluxOf([fluxPart(kinds.helmRelease)]) }), demands);
