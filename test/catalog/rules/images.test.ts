import { expect, test } from 'vitest';
import { complaints, sample, sampleDigest, sampleImage } from '../sample.js';
import { lockedImages } from './images.js';

const rule = lockedImages({ image: sampleImage, digest: sampleDigest });
const used = `${sampleImage}@${sampleDigest}`;

test('the image of the lock file is fine', () => {
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
  expect(complaints(rule, used, replacement).join()).toContain(message);
});
