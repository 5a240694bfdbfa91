import { describe, expect, it } from 'vitest';
import { readManifest, sha256 } from '../../systems/registry/client/content.js';
import { choosePlatforms } from './choose-platforms.js';

const digests = ['a', 'b', 'c', 'd', 'e'].map((letter) => `sha256:${letter.repeat(64)}`);
const image = (at: number, platform: object, annotations?: object) => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digests[at],
  size: 10,
  platform,
  ...(annotations === undefined ? {} : { annotations }),
});
const bytes = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      image(0, { os: 'linux', architecture: 'amd64' }),
      image(1, { os: 'linux', architecture: 'arm', variant: 'v6' }),
      image(2, { os: 'linux', architecture: 'arm', variant: 'v7' }),
      image(3, { os: 'unknown', architecture: 'unknown' }, { 'vnd.docker.reference.digest': digests[0] }),
      image(4, { os: 'unknown', architecture: 'unknown' }, { 'vnd.docker.reference.digest': digests[1] }),
    ],
    annotations: { 'org.example': 'kept' },
  }),
);
const read = readManifest(bytes, sha256(bytes), undefined);
if ('why' in read) throw new Error(read.why);
const index = read;

const children = (keep: string[], as: 'sparse' | 'rewrite') => {
  const chosen = choosePlatforms(index, { keep, as });
  return 'root' in chosen ? chosen.root.children.map(({ digest }) => digests.indexOf(digest)) : chosen;
};

describe('platforms of an index', () => {
  it('are chosen with their attestations, and with all variants unless one is named', () => {
    expect(children(['linux/amd64'], 'sparse')).toEqual([0, 3]);
    expect(children(['linux/arm'], 'rewrite')).toEqual([1, 2, 4]);
    expect(children(['linux/arm/v7'], 'rewrite')).toEqual([2]);
  });

  it('give the same new index each time, with everything else in it as it was', () => {
    const [one, other] = [0, 1].map(() => choosePlatforms(index, { keep: ['linux/arm/v7'], as: 'rewrite' }));
    if (one === undefined || !('root' in one)) throw new Error('it was not chosen');
    expect(other).toEqual(one);
    expect(one.root.digest).toBe(sha256(one.root.bytes));
    expect(one.root.digest).not.toBe(index.digest);
    const { manifests, ...rest } = JSON.parse(bytes.toString());
    expect(JSON.parse(one.root.bytes.toString())).toEqual({ ...rest, manifests: [manifests[2]] });
  });

  it('leave the digest of a sparse index', () => {
    expect(choosePlatforms(index, { keep: ['linux/amd64'], as: 'sparse' })).toMatchObject({
      root: { digest: index.digest, bytes },
    });
  });

  it('must be one for a child', () => {
    expect(choosePlatforms(index, { keep: ['linux/arm'], as: 'child' })).toEqual({
      why: 'it has 2 images for linux/arm: name a variant',
    });
    expect(choosePlatforms(index, { keep: ['linux/amd64'], as: 'child' })).toEqual({ child: digests[0] });
  });
});
