import { expect, test } from 'vitest';
import { changed, complaints, sample, sampleDigest, sampleImage } from '../sample.js';
import { lockedImages } from './images.js';

const rule = lockedImages({ image: sampleImage, digest: sampleDigest });
const used = `${sampleImage}@${sampleDigest}`;

test('the image of the lock file is fine, and a builder that comes from its param', () => {
  expect(rule(sample())).toEqual([]);
});

test.each([
  ['a tag alone', sampleImage, 'the image is not tag@sha256'],
  ['a digest alone', `ghcr.io/example/op@${sampleDigest}`, 'the image is not tag@sha256'],
  ['no image', '""', 'the image is not tag@sha256'],
  ['another image', `docker.io/library/busybox:1@${sampleDigest}`, 'is not in the lock file'],
  ['another digest', `${sampleImage}@sha256:${'b'.repeat(64)}`, 'is not in the lock file'],
  ['a param', '$(params.image)', 'the image comes from a reference'],
])('%s is caught', (_, replacement, message) => {
  expect(complaints(rule, `image: ${used}`, `image: ${replacement}`).join()).toContain(message);
});

test.each([
  ['another param', 'image: $(params.builder)', 'image: $(params.image)', 'reference: $(params.image)'],
  ['more than the param', 'image: $(params.builder)', 'image: x/$(params.builder)', 'reference: x/$(params.builder)'],
  ['another sidecar', '- name: builder\n', '- name: db\n', 'reference: $(params.builder)'],
  ['an unpinned default', `default: '${used}'`, 'default: builder:1', 'by default, the image is not tag@sha256'],
])('a builder with %s is caught', (_, from, to, message) => {
  expect(complaints(rule, from, to).join()).toContain(message);
});

test('the default of a Pipeline is checked, too', () => {
  const from = '- { name: patience, default: 20m }';
  expect(changed(rule, from, `${from}\n    - { name: builder, default: 'x:1' }`)).toEqual([
    {
      where: 'build-push.yaml Pipeline/deliver > params builder',
      message: 'the image is not tag@sha256: "x:1"',
    },
  ]);
});
