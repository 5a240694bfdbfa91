import { expect, test } from 'vitest';
import { readManifest, sha256 } from './content.js';

const layer = (letter: string, more: object = {}) => ({
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: `sha256:${letter.repeat(64)}`,
  size: 1,
  ...more,
});
const read = (more: object) => {
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', ...more }),
  );
  return readManifest(bytes, sha256(bytes), undefined);
};

test.each([
  ['other layers', { layers: [layer('a')], Layers: [layer('b')] }],
  ['only those that Go reads', { LAYERS: [layer('a')] }],
  ['another subject', { layers: [], Subject: layer('a') }],
  ['another digest of a layer', { layers: [layer('a', { Digest: `sha256:${'b'.repeat(64)}` })] }],
])('a manifest with %s in another case is refused', (_, more) => {
  expect(read(more)).toEqual({ why: expect.stringContaining('which others read differently') });
});

test('annotations may have any keys', () => {
  const annotations = { Title: 'a', title: 'b', Layers: 'c' };
  expect(read({ layers: [layer('a', { annotations })], annotations })).toMatchObject({ blobs: [{ size: 1 }] });
});
