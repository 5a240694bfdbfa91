import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDeletingRegistry, startPlainRegistry, startReferrersRegistry } from '../../../test/op/local-registry.js';
import { type MirrorPair, type MirrorTest, startMirrorPair } from '../../../test/op/mirror-pair.js';
import { pushIndex, registryTool } from '../../../test/op/pushed-image.js';
import { testContext } from '../../../test/op/test-context.js';
import type { Asked } from '../../../test/op/unruly-registry.js';
import { showHistory } from './show-history.js';

let pair: MirrorPair;
let test: MirrorTest;
/** Milliseconds that the clock is ahead. */
let ahead = 0;
const day = 24 * 3_600_000;

beforeEach(async () => {
  ahead = 0;
  test = await pair.begin(() => new Date(Date.now() + ahead));
});
afterEach(() => test.remove());

const keepDays = 'prune: { keep: { days: 7 } }\n';
/** Selects what is named, as `web:v1`, or a whole line of YAML. */
const select = (more: string, ...names: string[]) =>
  test.write(
    'mirror.yaml',
    `version: 1\nname: site\ndefaults: { to: '${test.target}/{name}' }\n${more}sources:\n${names
      .map((name) => `  - { from: '${test.source}/${name}' }\n`)
      .join('')}`,
  );
/** Mirrors what is named, a day later. */
const mirror = async (more: string, ...names: string[]) => {
  await select(more, ...names);
  await test.run();
};
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
const isDelete = ({ method }: Asked) => method === 'DELETE';
const actionsIn = (items: Awaited<ReturnType<MirrorTest['prune']>>['items']) =>
  Object.fromEntries(items.map(({ destination, action }) => [destination.split('/').at(-1), action]));
const lost = async (...names: string[]) => {
  const found = await Promise.all(names.map(async (name) => [name, await test.digestAt(name)] as const));
  return found.filter(([, digest]) => digest === undefined).map(([name]) => name);
};
const readPlan = async () => JSON.parse((await test.read('mirror/prune.json')) ?? '{}');

async function history(run?: string): Promise<string> {
  const out: string[] = [];
  const { context } = testContext({ cwd: test.path, out: (text) => void out.push(text) });
  const view = { file: 'mirror.yaml', directory: 'mirror', output: 'text', ...(run && { run }) } as const;
  await showHistory(context, view);
  return out.join('');
}

for (const [kind, start] of [
  ['deletes only whole images', startDeletingRegistry],
  ['deletes tags', startReferrersRegistry],
] as const) {
  describe(`op mirror prune at a registry that ${kind}`, () => {
    beforeAll(async () => {
      pair = await startMirrorPair(startPlainRegistry, start);
    });
    afterAll(() => pair.stop());

    it('plans first, and deletes what is not selected any more, and no rule keeps', async () => {
      for (const name of ['web:v1', 'web:v2', 'api:v1']) await test.push(name);
      await mirror(keepDays, 'web:v1', 'web:v2', 'api:v1');
      await mirror(keepDays, 'web:v2');
      expect(actionsIn((await test.prune()).items)).toEqual({ 'web:v1': 'keep', 'api:v1': 'keep' });
      ahead = 8 * day;
      const planned = await test.prune();
      expect(actionsIn(planned.items)).toEqual({ 'web:v1': 'delete', 'api:v1': 'delete' });
      expect(pair.there.requests.filter(isDelete)).toEqual([]);
      expect(await lost('web:v1', 'web:v2', 'api:v1')).toEqual([]);

      const done = await test.prune({ delete: true });
      expect(actionsIn(done.items)).toEqual({ 'web:v1': 'deleted', 'api:v1': 'deleted' });
      expect(await lost('web:v1', 'web:v2', 'api:v1')).toEqual(['web:v1', 'api:v1']);
      expect((await test.prune({ delete: true })).items).toEqual([]);
      const shown = await history();
      expect(shown).toMatch(/prune +\S+Z +- +- +- +2 deleted\n/u);
      const [, id = ''] = /^(\S+) +prune/mu.exec(shown) ?? [];
      expect(await history(id)).toMatch(/deleted +\S+\/web:v1 +sha256:[0-9a-f]{64}/u);
      // What is selected again comes back, and is ours again.
      await mirror(keepDays, 'web:v1');
      expect(await lost('web:v1')).toEqual([]);
    });

    it('leaves a tag that somebody else has written, or has moved, and names it', async () => {
      const foreign = await test.push('foreign:v1');
      await test.push('moved:v1');
      await registryTool('crane', [
        'copy',
        test.direct(`${test.source}/foreign:v1`),
        test.direct(`${test.target}/foreign:v1`),
      ]);
      await mirror(keepDays, 'foreign:v1', 'moved:v1');
      await mirror(keepDays, 'foreign:v1');
      await registryTool('crane', [
        'copy',
        test.direct(`${test.source}/foreign:v1`),
        test.direct(`${test.target}/moved:v1`),
      ]);
      await test.push('last:v1');
      await mirror(keepDays, 'last:v1');
      ahead = 8 * day;
      const done = await test.prune({ delete: true });
      expect(done.items).toMatchObject([
        { action: 'moved', digest: foreign, why: expect.stringContaining('somebody else wrote it') },
      ]);
      expect(await test.digestAt('foreign:v1')).toBe(foreign);
      expect(await test.digestAt('moved:v1')).toBe(foreign);
      expect((await test.prune()).items).toEqual([]);
    });

    it('keeps an image that is selected under another tag, and deletes two tags of one image', async () => {
      await test.push('web:stable');
      await test.push('old:a');
      const copy = (from: string, to: string) =>
        registryTool('crane', ['copy', test.direct(`${test.source}/${from}`), test.direct(`${test.source}/${to}`)]);
      await copy('web:stable', 'web:v1');
      await copy('old:a', 'old:b');
      await mirror(keepDays, 'web:stable', 'web:v1', 'old:a', 'old:b');
      await mirror(keepDays, 'web:stable');
      ahead = 8 * day;
      const { items } = await test.prune({ delete: true });
      expect(actionsIn(items)).toEqual({ 'web:v1': 'keep', 'old:a': 'deleted', 'old:b': 'deleted' });
      expect(await lost('web:stable', 'web:v1', 'old:a', 'old:b')).toEqual(['old:a', 'old:b']);
      await registryTool('crane', ['validate', '--remote', test.direct(`${test.target}/web:stable`)]);
    });

    it('leaves what somebody else needs: another tag of the image, and an index that names it', async () => {
      await test.push('web:v1');
      const { images } = await pushIndex(test.direct(`${test.source}/multi:v1`));
      await mirror(keepDays, 'web:v1', 'multi:v1', `multi:child@${images[0]}`);
      await mirror(keepDays, 'multi:v1');
      await registryTool('crane', ['tag', test.direct(`${test.target}/web:v1`), 'theirs']);
      ahead = 8 * day;
      await test.prune({ delete: true });
      expect(await lost('web:theirs', 'multi:v1')).toEqual([]);
      await registryTool('crane', ['validate', '--remote', test.direct(`${test.target}/web:theirs`)]);
      await registryTool('crane', ['validate', '--remote', test.direct(`${test.target}/multi:v1`)]);
      const { items } = await readPlan();
      const [child, web] = items;
      if (kind === 'deletes tags') {
        expect([child.action, web.action]).toEqual(['deleted', 'deleted']);
      } else {
        expect(child).toMatchObject({ action: 'keep', why: expect.stringContaining('multi:v1 needs its image') });
        expect(web).toMatchObject({ action: 'keep', why: expect.stringContaining('web:theirs needs its image') });
      }
    });

    it('deletes images without a tag, and not those that an index needs', async () => {
      const lone = await test.push('lone:x');
      const { images } = await pushIndex(test.direct(`${test.source}/multi:v1`));
      await mirror(keepDays, `lone@${lone}`, 'multi:v1', `multi@${images[1]}`);
      await mirror(keepDays, 'multi:v1');
      ahead = 8 * day;
      const { items } = await test.prune({ delete: true });
      expect(actionsIn(items)).toEqual({ [`lone@${lone}`]: 'deleted', [`multi@${images[1]}`]: 'keep' });
      await registryTool('crane', ['validate', '--remote', test.direct(`${test.target}/multi:v1`)]);
    });

    it('goes on where it was stopped, and past one that fails', async () => {
      const names = ['a:v1', 'b:v1', 'c:v1'];
      for (const name of [...names, 'stays:v1']) await test.push(name);
      await mirror(keepDays, ...names, 'stays:v1');
      await mirror(keepDays, 'stays:v1');
      ahead = 8 * day;
      pair.there.behave((asked) => (isDelete(asked) && asked.path.includes('/b/') ? { status: 403 } : undefined));
      expect(await failed(test.prune({ delete: true }))).toMatchObject({
        kind: 'tool',
        message: 'not deleted: 1 image',
        why: expect.stringContaining('/b:v1: cannot delete'),
      });
      expect(await lost(...names)).toEqual(['a:v1', 'c:v1']);
      pair.there.calm();
      // Somebody, or a run that was killed before it could record it, has deleted it.
      const digest = await test.digestAt('b:v1');
      await registryTool('crane', ['delete', test.direct(`${test.target}/b@${digest}`)]);
      expect(actionsIn((await test.prune()).items)).toEqual({ 'b:v1': 'gone' });
      await test.prune({ delete: true });
      expect((await test.prune()).items).toEqual([]);
    });
  });
}

describe('op mirror prune', () => {
  beforeAll(async () => {
    pair = await startMirrorPair(startPlainRegistry, startPlainRegistry);
  });
  afterAll(() => pair.stop());

  it('says in three lines that a registry does not delete, and asks it once', async () => {
    for (const name of ['web:v1', 'web:v2', 'api:v1', 'stays:v1']) await test.push(name);
    await mirror(keepDays, 'web:v1', 'web:v2', 'api:v1', 'stays:v1');
    await mirror(keepDays, 'stays:v1');
    ahead = 8 * day;
    pair.there.calm();
    expect(await failed(test.prune({ delete: true }))).toMatchObject({
      kind: 'tool',
      message: `${pair.there.host} does not delete images`,
      hint: expect.stringContaining('storage.delete.enabled'),
    });
    expect(pair.there.requests.filter(isDelete).length).toBeLessThanOrEqual(4);
    expect(await lost('web:v1', 'web:v2', 'api:v1')).toEqual([]);
    expect(actionsIn((await test.prune()).items)).toEqual({
      'web:v1': 'delete',
      'web:v2': 'delete',
      'api:v1': 'delete',
    });
  });

  it('needs rules, a run of the mirror file as it is, and no more deletions than the limits allow', async () => {
    for (const name of ['web:v1', 'web:v2', 'stays:v1']) await test.push(name);
    await mirror('', 'web:v1', 'web:v2', 'stays:v1');
    expect(await failed(test.prune())).toMatchObject({ kind: 'input', why: 'it has no prune' });
    const limited = `${keepDays}limits: { deletions: 1 }\n`;
    await select(limited, 'stays:v1');
    expect(await failed(test.prune())).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('another content'),
    });
    await test.run();
    ahead = 8 * day;
    expect(await failed(test.prune({ delete: true }))).toMatchObject({
      kind: 'refused',
      why: '2 images would be deleted, and limits.deletions is 1',
    });
    expect(await lost('web:v1', 'web:v2')).toEqual([]);
  });

  it('knows what a run wrote that was stopped before it was recorded', async () => {
    await test.push('web:v1');
    await test.push('stays:v1');
    await select(keepDays, 'web:v1', 'stays:v1');
    await test.resolve();
    await test.copy();
    await mirror(keepDays, 'stays:v1');
    ahead = 8 * day;
    expect(actionsIn((await test.prune()).items)).toEqual({ 'web:v1': 'delete' });
  });

  it('keeps images of a source that could not be listed, and of one that lost them', async () => {
    await test.push('web:v1');
    await test.push('web:v2');
    await test.push('api:v1');
    const web = `web', tags: { regex: 'v.*' }, drift: 'overwrite`;
    await mirror(keepDays, web, 'api:v1');
    pair.here.behave(({ path }) => (path.endsWith('/web/tags/list') ? { status: 403 } : undefined));
    await failed(test.run());
    pair.here.behave(({ path }) => (path.includes('/api/') ? { status: 404 } : undefined));
    await failed(test.run());
    ahead = 800 * day;
    expect((await test.prune()).items).toEqual([]);
  });
});
