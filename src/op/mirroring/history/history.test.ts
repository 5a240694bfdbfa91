import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { openDirectoryStore } from '../../store/directory/directory.js';
import type { Store } from '../../store/documents/store.js';
import { encodeImages } from './encode-images.js';
import { type History, historyIn } from './history.js';
import { type RecordedImage, type RecordedRun, runIdOf } from './recorded.js';

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

let directory: string;
let store: Store;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mirror-history-'));
  store = await openDirectoryStore(testContext().context, directory);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (keep = 30, name = 'site'): History => historyIn(store, { name, keep });

/** The run of a minute, which left these images. */
function runAt(minute: number, images: readonly RecordedImage[], failing = 0): RecordedRun {
  const at = new Date(Date.UTC(2026, 10, 27, 16, minute)).toISOString();
  const planDigest = digestOf(at);
  return {
    run: {
      id: runIdOf(at, planDigest),
      workflow: 'direct',
      plannedAt: at,
      verifiedAt: at,
      mirrorFile: 'site.yaml',
      mirrorDigest: digestOf('file'),
      planDigest,
      images: images.length,
      failing,
      unlisted: 0,
      copied: 0,
      bytes: 0,
    },
    images,
  };
}

const image = (tag: string, content = tag): RecordedImage => ({
  source: `quay.io/acme/web:${tag}`,
  destination: `registry.site.test/mirror/web:${tag}`,
  digest: digestOf(content),
  outcome: 'mirrored',
});
const documents = async () => (await store.list('mirrors')).map(({ path }) => path);

describe('the history of a mirror', () => {
  it('gives back what was recorded, the newest run first', async () => {
    const history = open();
    expect(await history.listRuns()).toEqual([]);
    expect(await history.latestRun()).toBeUndefined();
    const lost: RecordedImage = { ...image('v2'), digest: null, outcome: 'failed' };
    const [first, second] = [runAt(1, [image('v1')]), runAt(2, [image('v1'), lost], 1)];
    await history.recordRun(first);
    await history.recordRun(second);
    expect(await open().listRuns()).toEqual([second.run, first.run]);
    expect(await open().latestRun()).toEqual(second);
    expect(await open().latestRun(second.run.id)).toEqual(first);
    expect(await open().latestRun(first.run.id)).toBeUndefined();
    expect(await open().readRun(first.run.id)).toEqual(first);
  });

  it('is another for a mirror of another name', async () => {
    await open().recordRun(runAt(1, [image('v1')]));
    expect(await open(30, 'other').listRuns()).toEqual([]);
  });

  it('replaces a run that was verified again', async () => {
    const history = open();
    const [first, second] = [runAt(1, [image('v1')]), runAt(2, [image('v1')])];
    await history.recordRun(first);
    await history.recordRun(second);
    const again: RecordedRun = { run: { ...first.run, failing: 1 }, images: [{ ...image('v1'), outcome: 'wrong' }] };
    await history.recordRun(again);
    expect(await history.listRuns()).toEqual([second.run, again.run]);
    expect(await history.readRun(first.run.id)).toEqual(again);
    expect(await history.readRun(second.run.id)).toEqual(second);
  });

  it('keeps the newest runs, and the newest good one however old it is', async () => {
    const history = open(3);
    await history.recordRun(runAt(0, [image('v0')]));
    const good = runAt(1, [image('v1')]);
    await history.recordRun(good);
    for (const minute of [2, 3, 4, 5, 6]) await history.recordRun(runAt(minute, [image(`v${minute}`)], 1));
    const minutes = async () => (await history.listRuns()).map(({ plannedAt }) => new Date(plannedAt).getMinutes());
    expect(await minutes()).toEqual([6, 5, 4, 1]);
    expect(await history.readRun(good.run.id)).toEqual(good);
    await history.recordRun(runAt(7, [image('v7')]));
    expect(await minutes()).toEqual([7, 6, 5]);
    await expect(history.readRun(good.run.id)).rejects.toMatchObject({ kind: 'input', why: expect.anything() });
  });

  it('writes images once that many runs left, and uses documents again', async () => {
    const history = open(2);
    for (let minute = 0; minute < 5; minute++) await history.recordRun(runAt(minute, [image('v1')]));
    expect(await documents()).toEqual(['mirrors/site/history', 'mirrors/site/images/1']);
    for (let minute = 5; minute < 20; minute++) await history.recordRun(runAt(minute, [image(`v${minute}`)]));
    expect(await documents()).toHaveLength(1 + 3);
    expect(await history.latestRun()).toEqual(runAt(19, [image('v19')]));
  });

  it('fits 7,241 images into one document, and splits what does not fit', async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, at) => image(`v${at % 40}.${at}`, `${at}`)).toSorted((one, other) =>
        one.destination < other.destination ? -1 : 1,
      );
    expect(encodeImages(many(7241)).text.length).toBeLessThan(400_000);
    const history = open();
    await history.recordRun(runAt(1, many(7241)));
    expect(await documents()).toEqual(['mirrors/site/history', 'mirrors/site/images/1']);
    const large = runAt(2, many(20_000));
    await history.recordRun(large);
    expect(await documents()).toHaveLength(1 + 1 + 3);
    expect(await history.latestRun()).toEqual(large);
  });

  it('refuses images that are not those that were recorded', async () => {
    const history = open();
    await history.recordRun(runAt(1, [image('v1')]));
    const found = await store.get('mirrors/site/images/1');
    if (found === undefined) return expect.fail('nothing was recorded');
    await store.replace(found, { ...found.body, images: encodeImages([image('v2')]).text });
    await expect(history.latestRun()).rejects.toMatchObject({ kind: 'tool', why: expect.stringContaining('images/1') });
  });
});
