import { describe, expect, test } from 'vitest';
import {
  fluxOf,
  fluxPart,
  type Given,
  type PodPlay,
  snapshotOf,
  templateOf,
  workloadObject,
} from '../../../../../test/op/cluster-objects.js';
import {
  api,
  deployed,
  expectedOf,
  image,
  none,
  platform,
  repository,
  requirementsOf,
  right,
  runs,
  settled,
  verdictOn,
  web,
  wrong,
} from '../../../../../test/op/judging.js';
import { kinds } from '../../../systems/kubernetes/api.js';
import { judgeSnapshot } from './judge-snapshot.js';
import type { Requirements } from './judge-workload.js';
import { comparisonKey, type ExpectedImage, type SameImages } from './match-image.js';

describe('the image of the template and of the pods', () => {
  const alias = new Map([[comparisonKey(right, platform), true]]);
  const stranger = new Map([[comparisonKey(right, platform), false]]);
  const rows: readonly (readonly [string, readonly Given[], string, RegExp, Partial<Requirements>?, SameImages?])[] = [
    ['tag and digest', [image], runs(right), /^proven$/u],
    ['digest alone', [`${repository}/web@${right}`], runs(right), /^proven$/u],
    ['another tag with the right digest: ignored', [`${repository}/web:other@${right}`], runs(right), /^proven$/u],
    ['the right digest under the name of a mirror', [`mirror.example.com/dev/web@${right}`], runs(right), /^proven$/u],
    ['Docker reports docker-pullable', [image], `docker-pullable://${runs(right)}`, /^proven$/u],
    ['the node pulled it from a mirror', [image], `mirror.example.com/x@${right}`, /^proven$/u],
    ['the pod runs another digest', [image], runs(wrong), /^waiting: .*the registry to compare/u],
    [
      'the pod runs another digest, and the registry says that it is another image',
      [image],
      runs(platform),
      /^refused: .*runs sha256:c/u,
      {},
      stranger,
    ],
    ['the pod runs the manifest of its platform', [image], runs(platform), /^proven$/u, {}, alias],
    [
      'the template names the manifest of a platform',
      [`${repository}/web@${platform}`],
      runs(platform),
      /^proven$/u,
      {},
      alias,
    ],
    ['the node loaded it: a bare configuration', [image], platform, /^proven$/u, {}, alias],
    ['Docker loaded it', [image], `docker://${platform}`, /^proven$/u, {}, alias],
    ['an imageID that is not a digest', [image], 'docker://whatever', /^refused: .*runs docker:\/\/whatever/u],
    ['not started yet', [image], '', /^waiting: .*container c0 of pod web-1-a to start/u],
    ['the right tag alone', [`${repository}/web:v1`], runs(right), /^refused: .*a tag alone proves nothing/u],
    ['the right tag alone, allowed', [`${repository}/web:v1`], runs(right), /^proven$/u, { allowTag: true }],
    [
      'v10 for v1',
      [`${repository}/web:v10`],
      runs(right),
      /^waiting: .* is registry.example.com\/dev\/web:v10/u,
      { allowTag: true },
    ],
    [
      'v1 for v10',
      [`${repository}/web:v1`],
      runs(right),
      /^waiting: /u,
      { allowTag: true, expected: [expectedOf('web', right, 'v10')] },
    ],
    [
      'no tag is latest',
      [`${repository}/web`],
      runs(right),
      /^proven$/u,
      { allowTag: true, expected: [expectedOf('web', right, 'latest')] },
    ],
    ['another digest', [`${repository}/web:v1@${wrong}`], runs(wrong), /^waiting: .*, but is registry.example.com/u],
    [
      'the same path in another registry',
      [`other.example.com/dev/web:v1@${wrong}`],
      runs(wrong),
      /^refused: no workload .* uses web/u,
    ],
    [
      'another path with the same beginning',
      [`${repository}/web-admin:v1@${wrong}`],
      runs(wrong),
      /^refused: no workload/u,
    ],
    [
      'a port is part of the registry',
      [`registry.example.com:5000/dev/web@${wrong}`],
      runs(wrong),
      /^refused: no workload/u,
    ],
    ['a text that is not an image', ['not an image'], runs(right), /^refused: no workload/u],
  ];
  for (const [title, images, imageID, expected, requirements = {}, same = none] of rows) {
    test(title, () => {
      expect(verdictOn(deployed(images, { c0: imageID }), requirementsOf(requirements), same)).toMatch(expected);
    });
  }

  test('docker.io has many names', () => {
    const expected: ExpectedImage = { imageName: 'nginx', image: { path: 'nginx', tag: 'v1', digest: right } };
    const objects = deployed([`index.docker.io/library/nginx:v1@${right}`], { c0: runs(right) });
    expect(verdictOn(objects, requirementsOf({ expected: [expected] }))).toBe('proven');
  });
});

describe('all containers, all images', () => {
  const sidecar = { image, restartPolicy: 'Always' };
  test.each<readonly [string, readonly Given[], readonly Given[], PodPlay['containers'], RegExp]>([
    ['an init container too', ['busybox'], [image], { c0: 'busybox@x', i0: runs(right) }, /^proven$/u],
    [
      'an init container with another digest',
      [image],
      [`${repository}/web:v1`],
      { c0: runs(right) },
      /init container i0 must be/u,
    ],
    ['a sidecar', ['busybox'], [sidecar], { i0: runs(right) }, /^proven$/u],
    ['a sidecar that has not started', ['busybox'], [sidecar], {}, /sidecar i0 of pod web-1-a to start/u],
    ['the same image in two containers', [image, image], [], { c0: runs(right), c1: runs(right) }, /^proven$/u],
    [
      'the same image in two containers, one of them outdated',
      [image, `${repository}/web:v0`],
      [],
      { c0: runs(right), c1: runs(right) },
      /^waiting: .*container c1 must be/u,
    ],
    [
      'the same image in two containers, one runs something else',
      [image, image],
      [],
      { c0: runs(right), c1: 'x' },
      /^refused: .*container c1/u,
    ],
    [
      'containers with other images do not count',
      [image, 'proxy:1'],
      [],
      { c0: runs(right), c1: 'proxy@x' },
      /^proven$/u,
    ],
  ])('%s', (_, images, init, pod, expected) => {
    expect(verdictOn(deployed(images, pod, {}, init))).toMatch(expected);
  });

  test('an image that no workload uses is not proven, unless allowed', () => {
    const objects = deployed([image], { c0: runs(right) });
    expect(verdictOn(objects, requirementsOf({ expected: [web, api] }))).toMatch(
      /^refused: no workload of Workload shop\/web uses api .*its images are registry/u,
    );
    expect(settled(objects, requirementsOf({ expected: [web, api] }))).toMatch(/^refused: no workload/u);
    const allowed = judgeSnapshot(
      snapshotOf(objects),
      requirementsOf({ expected: [web, api], allowUnused: true }),
      none,
    );
    expect(allowed).toMatchObject({
      verdict: 'proven',
      notes: [expect.stringContaining('no workload of HelmRelease shop/web uses api')],
    });
  });

  test('no workloads prove nothing', () => {
    expect(settled([], requirementsOf({ allowUnused: true }))).toMatch(/^refused: no workload .*it has no workloads/u);
  });

  test('two workloads: both must run it', () => {
    const second = deployed([`${repository}/web:v0`], { c0: runs(wrong) }, { name: 'worker' });
    expect(verdictOn([...deployed([image], { c0: runs(right) }), ...second])).toMatch(/^waiting: Deployment worker/u);
    expect(settled([...deployed([image], { c0: runs(right) }), ...second])).toMatch(/^refused: Deployment worker/u);
  });

  test('one repository with two images: each container has one of them', () => {
    const [one, other] = [expectedOf('web', right, 'one'), { ...expectedOf('web', wrong, 'two'), imageName: 'other' }];
    const objects = deployed([`${repository}/web:one@${right}`, `${repository}/web:two@${wrong}`], {
      c0: runs(right),
      c1: runs(wrong),
    });
    expect(verdictOn(objects, requirementsOf({ expected: [one, other] }))).toBe('proven');
  });
});

describe('what to do', () => {
  const settledBy = (images: readonly Given[], pod: string) =>
    snapshotOf(deployed(images, { c0: pod }), { flux: fluxOf([fluxPart(kinds.helmRelease)]) });

  test('where Flux has applied everything, and something else may still write the images: to write them', () => {
    const found = judgeSnapshot(
      settledBy([`${repository}/web:v0`], runs(wrong)),
      requirementsOf({ imagesMayChange: true }),
      none,
    );
    expect(found).toMatchObject({ verdict: 'waiting', hint: expect.stringContaining('op set-image') });
  });

  test('where the manifests are right but the pods are not: not to check the manifests', () => {
    const stranger = new Map([[comparisonKey(right, wrong), false]]);
    const found = judgeSnapshot(
      settledBy([`${repository}/web:v1`], runs(wrong)),
      requirementsOf({ allowTag: true }),
      stranger,
    );
    expect(found).toMatchObject({ verdict: 'refused', hint: expect.stringMatching(/^the template is right/u) });
  });

  test('a sentence does not start like a command', () => {
    const object = workloadObject({
      kind: kinds.statefulSet,
      template: templateOf([image]),
      spec: { replicas: 2, updateStrategy: { type: 'OnDelete' } },
      status: { replicas: 2, updatedReplicas: 1, availableReplicas: 2 },
    });
    const { hint } = judgeSnapshot(snapshotOf([object]), requirementsOf(), none);
    expect(hint).toBe(
      'delete the old pods of statefulset/web; list the pods with: kubectl get pods --namespace=shop --show-labels',
    );
  });
});
