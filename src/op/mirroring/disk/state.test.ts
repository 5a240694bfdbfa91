import { describe, expect, it } from 'vitest';
import { type Manifest, sha256 } from '../../systems/registry/client/content.js';
import type { PlanItem } from '../plan/plan.js';
import { type Fresh, hasImage, newContent, nextState, stateOf, withFiles } from './state.js';

const digestOf = (name: string) => sha256(Buffer.from(name));
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const descriptor = (name: string) => ({ mediaType: 'application/octet-stream', digest: digestOf(name), size: 100 });
const manifest = (name: string): Manifest => ({
  ...descriptor(name),
  mediaType,
  bytes: Buffer.from(name),
  children: [],
  subject: undefined,
  artifactType: undefined,
  blobs: [],
});
const tree = (name: string, ...layers: readonly string[]): Fresh => ({
  manifests: [manifest(name)],
  blobs: layers.map(descriptor),
  referrers: [],
});
const item = (source: string, action: PlanItem['action'], name?: string): PlanItem => ({
  source,
  destination: `site.test/${source}`,
  action,
  fails: false,
  ...(name === undefined ? {} : { digest: digestOf(name) }),
});
const none = () => false;
/** Web, of the layers base and web, and its neighbour. */
const first = nextState(
  stateOf(undefined),
  [item('hub.test/web:v1', 'copy', 'web'), item('hub.test/db:v1', 'copy', 'db')],
  new Map([
    ['hub.test/web:v1', tree('web', 'base', 'web layer')],
    ['hub.test/db:v1', tree('db', 'base')],
  ]),
  none,
);
const before = stateOf(first);

describe('what the other side has', () => {
  it('is every image, and everything that they consist of, each once', () => {
    expect(first.images.map(({ source }) => source)).toEqual(['hub.test/db:v1', 'hub.test/web:v1']);
    expect(first.images[1]?.content).toEqual(['web', 'base', 'web layer'].map(digestOf));
    expect(first.blobs.map(({ digest }) => digest)).toEqual(
      ['web', 'base', 'web layer', 'db'].map(digestOf).toSorted(),
    );
    expect(first.blobs.filter((blob) => blob.mediaType === mediaType)).toHaveLength(2);
  });

  it('stays as it is for what did not change, could not be read, or is not there any more', () => {
    for (const action of ['skip', 'unknown', 'missing'] as const) {
      const digest = action === 'skip' ? 'web' : undefined;
      const items = [item('hub.test/web:v1', action, digest), item('hub.test/db:v1', 'overwrite', 'db2')];
      const next = nextState(before, items, new Map(), none);
      expect(next.images).toEqual(first.images);
    }
  });

  it('loses what is not selected any more, unless its source could not be listed', () => {
    const items = [item('hub.test/web:v1', 'skip', 'web')];
    expect(nextState(before, items, new Map(), none).images.map(({ source }) => source)).toEqual(['hub.test/web:v1']);
    expect(nextState(before, items, new Map(), none).blobs).toHaveLength(3);
    expect(nextState(before, items, new Map(), (source) => source.startsWith('hub.test/db')).images).toEqual(
      first.images,
    );
  });

  it('needs the manifests of what changed, and the blobs that no image has', () => {
    const moved = tree('web2', 'base', 'web2 layer');
    expect(newContent(before, moved).map(({ digest }) => digest)).toEqual([digestOf('web2'), digestOf('web2 layer')]);
    const next = nextState(
      before,
      [item('hub.test/web:v1', 'overwrite', 'web2')],
      new Map([['hub.test/web:v1', moved]]),
      none,
    );
    const file = { part: 1, size: 100, digest: digestOf('web2 layer') };
    const { blobs } = withFiles(next, (digest) => (digest === file.digest ? [file] : []));
    expect(blobs.filter(({ files }) => files !== undefined)).toEqual([
      { digest: file.digest, size: 100, files: [file] },
    ]);
  });

  it('gets what refers to an image in addition, and of one tag of cosign the newest', () => {
    const about = (kind: string, name: string) => ({ subject: digestOf('web'), kind, digest: digestOf(name) });
    const attached = (state: ReturnType<typeof stateOf>, kind: string, name: string) =>
      stateOf(
        nextState(
          state,
          [item('hub.test/web:v1', 'attach', 'web')],
          new Map([['hub.test/web:v1', { ...tree(name, `${name} content`), referrers: [about(kind, name)] }]]),
          () => true,
        ),
      );
    const signed = attached(attached(attached(before, '.sig', 'old'), 'text/sbom', 'sbom'), '.sig', 'new');
    const image = signed.images.get('hub.test/web:v1');
    expect(image?.referrers).toEqual([about('.sig', 'new'), about('text/sbom', 'sbom')]);
    expect(image?.content).toEqual(expect.arrayContaining(['web', 'base', 'web layer', 'sbom content'].map(digestOf)));
    expect(signed.images.get('hub.test/db:v1')).toEqual(before.images.get('hub.test/db:v1'));
    expect(signed.blobs.get(digestOf('new'))?.mediaType).toBe(mediaType);
  });

  it('is another image when other platforms of a sparse index are chosen', () => {
    const sparse = (...keep: string[]): PlanItem => ({
      ...item('hub.test/web:v1', 'copy', 'web'),
      platforms: { keep, as: 'sparse' },
    });
    const state = (one: PlanItem) =>
      stateOf(nextState(stateOf(undefined), [one], new Map([[one.source, tree('web')]]), none));
    expect(hasImage(state(sparse('linux/amd64')), sparse('linux/amd64'))).toBe(true);
    expect(hasImage(state(sparse('linux/amd64')), sparse('linux/amd64', 'linux/arm64'))).toBe(false);
    expect(hasImage(state(sparse('linux/amd64')), item('hub.test/web:v1', 'copy', 'web'))).toBe(false);
    expect(
      hasImage(before, {
        ...item('hub.test/web:v1', 'copy', 'web'),
        platforms: { keep: ['linux/amd64'], as: 'child' },
      }),
    ).toBe(true);
  });
});
