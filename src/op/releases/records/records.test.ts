import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { openDirectoryStore } from '../../store/directory/directory.js';
import { withOpen } from '../changes/changes.js';
import { folders, placeOf, releasePlace } from '../documents/place.js';
import type { Release } from '../documents/shapes.js';
import { type Records, recordsIn } from './records.js';

const name = 'h.io/Acme/Shop/-/deploy/Shop.release.ts';
const written = () => ({ by: 'ann', at: '2026-11-27T12:00:00Z', run: 'test' });
const release = (number: number): Release => ({
  ref: `${name}/@r${number}`,
  package: name,
  number,
  commit: 'c',
  plan: { name: 'shop', environments: [], phases: [] },
  created: written(),
  standing: 'open',
  runs: [],
  written: written(),
});

let directory: string;
let records: Records;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'records-'));
  const store = await openDirectoryStore(testContext().context, directory);
  records = recordsIn({ state: store, intent: store }, () => new Date(), written);
});
afterAll(() => rm(directory, { recursive: true }));

test('a number is given to one release, however many want it', async () => {
  await records.changePackage(name, (found) => ({ ...found, newest: 0 }));
  const made = await Promise.all(Array.from({ length: 8 }, () => records.createRelease(release(1))));
  expect(made.filter((one) => one === 'created')).toHaveLength(1);
});

test('a release is found whose maker was killed before it could list it', async () => {
  await records.createRelease(release(2));
  const written = await records.stores.state.get(placeOf(folders.packages, name));
  const view = (await records.snapshot()).packages.get(name);
  expect([view?.document.newest, view?.document.open, [...(view?.releases.keys() ?? [])]]).toEqual([2, [1, 2], [1, 2]]);
  expect(await records.stores.state.get(placeOf(folders.packages, name))).toEqual(written);
});

test('all releases are found in one look, and those of a package', async () => {
  const other = 'h.io/Acme/Shop/-/other.release.ts';
  await records.createRelease({ ...release(1), package: other, ref: `${other}/@r1` });
  const refs = (all: readonly Release[]) => all.map(({ ref }) => ref).toSorted();
  expect(refs(await records.allReleases())).toEqual([`${name}/@r1`, `${name}/@r2`, `${other}/@r1`]);
  expect(refs(await records.releases(other))).toEqual([`${other}/@r1`]);
});

test('the next release that is listed lists one before it whose maker was killed', async () => {
  const changed = await records.changePackage(name, (found) => withOpen(found, 3, true, written()));
  expect([changed.newest, changed.open]).toEqual([3, [1, 2, 3]]);
});

test('no change is lost among many at the same time', async () => {
  const calls = Array.from({ length: 8 }, (_, index) => `call-${index}`);
  const end = { release: 1, run: 1, output: {}, since: written() };
  await Promise.all(
    calls.map((call) => records.changePackage(name, (found) => ({ ...found, tasks: { ...found.tasks, [call]: end } }))),
  );
  const changed = await records.changePackage(name, (found) => found);
  expect(Object.keys(changed.tasks).toSorted()).toEqual(calls);
});

test('every document says who wrote it, when and from which run', async () => {
  await records.setCustom('intent', '@/custom/size', 3);
  await records.wantEnvironment('Prod.EU-1', { type: 'prod' });
  await records.changeIntent(name, (found) => ({ ...found, verdicts: {} }));
  const texts = await Promise.all(
    [...(await records.stores.state.list('releases'))].map(({ path }) =>
      readFile(join(directory, `${path}.json`), 'utf8'),
    ),
  );
  expect(texts.length).toBeGreaterThanOrEqual(6);
  for (const text of texts) expect(JSON.parse(text)).toMatchObject({ written: written(), ref: expect.any(String) });
});

test('the release of a deployment is there when an input has changed, also an older one: its gates count again', async () => {
  const own = 'h.io/x/-/sized.release.ts';
  for (const number of [1, 2]) {
    await records.createRelease({ ...release(number), ref: `${own}/@r${number}`, package: own });
  }
  const at = (number: number) => ({
    serial: 1,
    environment: 'id',
    highest: number,
    current: {
      release: number,
      run: 1,
      inputs: { size: { ref: '@/custom/size', value: 1 } },
      output: {},
      since: written(),
    },
    history: [],
  });
  const deployments = { dev: at(2), prod: at(1) };
  await records.changePackage(own, (found) => ({ ...found, newest: 2, open: [], deployments }));
  const loaded = async () => [...((await records.snapshot()).packages.get(own)?.releases.keys() ?? [])];
  await records.setCustom('state', '@/custom/size', 1);
  expect(await loaded()).toEqual([2]);
  await records.setCustom('state', '@/custom/size', 2);
  expect((await loaded()).toSorted()).toEqual([1, 2]);
});

test('a document that somebody broke is named, not overwritten', async () => {
  const path = releasePlace('h.io/x/-/broken.release.ts', 1);
  await records.stores.state.create(path, { ref: 'x' });
  await expect(records.release('h.io/x/-/broken.release.ts', 1)).rejects.toMatchObject({
    kind: 'tool',
    message: expect.stringContaining(path),
  });
});
