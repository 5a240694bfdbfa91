import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../systems/registry/client/content.js';
import { blobPath, layoutFiles } from './layout.js';
import { bytesOf, parseSegment, type Segment, segmentText } from './segment.js';

const digestOf = (name: string) => sha256(Buffer.from(name));
const manifest = digestOf('manifest');
const layer = digestOf('layer');
const link = (sequence: number) => ({ sequence, digest: digestOf(`segment ${sequence}`) });

const sample: Omit<Segment, 'format' | 'version'> = {
  mirror: 'site',
  chain: '7b1c6a0e-6a51-4a53-8f4e-0d3b6d1f3f10',
  sequence: 2,
  previous: link(1),
  baseline: link(1),
  createdAt: '2026-11-20T10:00:00.000Z',
  images: [
    {
      source: 'quay.io/acme/web:v1',
      digest: manifest,
      content: [manifest, layer],
    },
  ],
  blobs: [
    {
      digest: manifest,
      size: 300,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      files: [{ part: 1, size: 300, digest: manifest }],
    },
    { digest: layer, size: 5000 },
  ],
};
const [image, blob] = [sample.images[0], sample.blobs[0]];
if (image === undefined || blob === undefined) throw new Error('the sample is empty');
const signature = { subject: manifest, kind: '.sig', digest: manifest };
const referring = (parts: object) => ({ images: [{ ...image, referrers: [{ ...signature, ...parts }] }] });
const parsed = (parts: object) => parseSegment(JSON.stringify({ ...JSON.parse(segmentText(sample)), ...parts }));

describe('segment.json', () => {
  it('is read as it was written', () => {
    expect(parseSegment(segmentText(sample))).toMatchObject({ version: 1, ...sample });
    expect(bytesOf(sample)).toBe(300);
  });

  it('has version 2 only if it has referrers, so that an older op reads all others', () => {
    const signed = { ...sample, images: [{ ...image, referrers: [signature] }] };
    expect(parseSegment(segmentText(signed))).toMatchObject({ version: 2, ...signed });
  });

  it.each<readonly [name: string, parts: object, problem: RegExp]>([
    ['has a newer version', { version: 3 }, /^it has version 3: a newer op wrote it/u],
    ['is something else', { format: 'tar' }, /format/u],
    ['has a field that nobody knows', { run: 'rm' }, /run/u],
    ['has no number', { sequence: 0 }, /sequence/u],
    ['has a number that does not follow', { sequence: 3 }, /the segment before it has another number/u],
    ['is the first and follows another', { sequence: 1 }, /another number/u],
    ['builds on what comes later', { baseline: link(2) }, /not before it/u],
    ['names two segments with one number', { baseline: { ...link(1), digest: layer } }, /two segments/u],
    ['has a chain that is no UUID', { chain: '../x' }, /chain/u],
    ['has an image twice', { images: [image, image] }, /an image is there twice/u],
    ['has a blob twice', { blobs: [...sample.blobs, blob] }, /a blob is there twice/u],
    ['has an image that is no reference', { images: [{ ...image, source: '../../x' }] }, /must be an image/u],
    ['has an image in capitals', { images: [{ ...image, source: 'QUAY.io/acme/web:v1' }] }, /must be an image/u],
    ['has a digest that is a path', { images: [{ ...image, digest: '../../etc/passwd' }] }, /digest/u],
    ['lacks what an image has', { images: [{ ...image, content: [manifest, digestOf('x')] }] }, /does not list/u],
    ['has an image without itself', { images: [{ ...image, content: [layer] }] }, /does not list/u],
    ['has an image that is no manifest', { images: [{ ...image, digest: layer }] }, /does not list/u],
    ['has a referrer that no part brings', referring({ digest: digestOf('sbom') }), /does not list/u],
    ['has a referrer that is no manifest', referring({ digest: layer }), /does not list/u],
    ['has a referrer of something else', referring({ subject: digestOf('x') }), /does not list/u],
    ['has a referrer of an odd kind', referring({ kind: 'a b' }), /kind/u],
    ['is full and lacks a blob', { baseline: null }, /are not the blob/u],
    ['has a file of another size', { blobs: [{ ...blob, size: 7 }, sample.blobs[1]] }, /are not the blob/u],
    [
      'has a file that is another blob',
      { blobs: [{ ...blob, files: [{ part: 1, size: 300, digest: layer }] }, sample.blobs[1]] },
      /are not the blob/u,
    ],
    [
      'has a part that is a path',
      { blobs: [{ ...blob, files: [{ part: '../1', size: 300, digest: manifest }] }] },
      /part/u,
    ],
  ])('is refused when it %s', (_, parts, problem) =>
    expect(parsed(parts)).toMatchObject({ problem: expect.stringMatching(problem) }),
  );

  it.each(['', '{', 'null', '[]', '"x"', '{"format":"octopipeline-mirror-segment"}'])('is not %j', (text) =>
    expect(parseSegment(text)).toHaveProperty('problem'),
  );
});

describe('any text as segment.json', () => {
  it('is a segment or has a problem, and never anything else', () => {
    fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (text) => 'problem' in parseSegment(text)));
    const changed = fc.record({ path: fc.nat(400), value: fc.jsonValue() });
    fc.assert(
      fc.property(changed, ({ path, value }) => {
        let at = 0;
        const text = JSON.stringify(JSON.parse(segmentText(sample)), (_, one) => (at++ === path % 40 ? value : one));
        const read = parseSegment(text);
        if ('problem' in read) return read.problem !== '';
        const paths = read.blobs.flatMap(({ digest, files = [] }) =>
          files.map((_, index) => blobPath(digest, files, index)),
        );
        return paths.flat().every((name) => /^(?:part-\d{4}|blobs|sha256|[0-9a-f]{64}(?:\.\d{4})?)$/u.test(name));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the files of a segment', () => {
  const hex = manifest.slice(7);

  it('have names of digests and numbers only', () => {
    const file = { part: 12, size: 1, digest: layer };
    expect(blobPath(manifest, [file], 0)).toEqual(['part-0012', 'blobs', 'sha256', hex]);
    expect(blobPath(manifest, [file, { ...file, part: 13 }], 1)).toEqual([
      'part-0013',
      'blobs',
      'sha256',
      `${hex}.0002`,
    ]);
  });

  it('are an OCI image layout whose index names every image by its source', () => {
    const [marker, index] = layoutFiles(sample).map(({ path, text }) => ({ path, content: JSON.parse(text) }));
    expect(marker).toEqual({ path: ['part-0001', 'oci-layout'], content: { imageLayoutVersion: '1.0.0' } });
    expect(index?.path).toEqual(['part-0001', 'index.json']);
    expect(index?.content.manifests).toEqual([
      {
        mediaType: blob.mediaType,
        digest: manifest,
        size: 300,
        annotations: { 'org.opencontainers.image.ref.name': 'quay.io/acme/web:v1' },
      },
    ]);
  });
});
