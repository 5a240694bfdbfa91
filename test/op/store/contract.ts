import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../../../src/op/context.js';
import { Interrupted } from '../../../src/op/kit/errors/op-error.js';
import type { Document } from '../../../src/op/store/documents/documents.js';
import type { Store } from '../../../src/op/store/documents/store.js';
import { defaultSettings } from '../../../src/op/store/hold/hold.js';
import { testContext } from '../test-context.js';

/** One store, opened as often as asked: each is another user of the same documents. */
export type OpenStore = (context: Context) => Promise<Store>;

const missing = (what: string): never => {
  throw new Error(`${what} is missing`);
};
const must = (found: Document | 'conflict' | undefined) =>
  found === undefined || found === 'conflict' ? missing('the document') : found;

/** What every store promises. @param open called once the suite's own `beforeAll` hooks have run */
export function storeContract(
  open: OpenStore,
  { patience = 1, rounds = 8 }: { readonly patience?: number; readonly rounds?: number } = {},
): void {
  let one: Store;
  let other: Store;
  beforeAll(async () => {
    one = await open(testContext().context);
    other = await open(testContext().context);
  });
  afterAll(async () => {
    await one?.[Symbol.asyncDispose]();
    await other?.[Symbol.asyncDispose]();
  });

  describe('a document', () => {
    test('is what was created, for every user of the store', async () => {
      const body = { text: 'ä\n"quoted" \u{1f600}', number: 1.5, none: null, list: [true, { deep: ['x'] }], empty: {} };
      const created = must(await one.create('kept/all', body));
      expect(created).toMatchObject({ path: 'kept/all', body });
      expect(await other.get('kept/all')).toEqual(created);
    });

    test('that does not exist is undefined', async () => expect(await one.get('kept/none')).toBeUndefined());

    test('is created only once', async () => {
      await one.create('once', { by: 'one' });
      expect(await other.create('once', { by: 'other' })).toBe('conflict');
      expect((await one.get('once'))?.body).toEqual({ by: 'one' });
    });

    test('is replaced at its revision, and not at an older one', async () => {
      const first = must(await one.create('replaced', { version: 1 }));
      const second = must(await other.replace(first, { version: 2 }));
      expect(second.revision).not.toBe(first.revision);
      expect(await one.replace(first, { version: 3 })).toBe('conflict');
      expect(await one.get('replaced')).toEqual(second);
    });

    test('is removed at its revision, and not at an older one', async () => {
      const first = must(await one.create('removed', { version: 1 }));
      const second = must(await one.replace(first, { version: 2 }));
      expect(await other.remove(first)).toBe('conflict');
      expect(await other.remove(second)).toBe('removed');
      expect(await one.get('removed')).toBeUndefined();
      expect(await one.remove(second)).toBe('conflict');
      expect(await one.replace(second, { version: 3 })).toBe('conflict');
    });

    test('that was removed can be created again', async () => {
      const first = must(await one.create('again', { version: 1 }));
      await one.remove(first);
      const second = must(await one.create('again', { version: 2 }));
      expect(await other.get('again')).toEqual(second);
      expect(second.revision).not.toBe(first.revision);
      expect(await one.replace(first, { version: 3 })).toBe('conflict');
    });

    test('may have the path of a folder', async () => {
      await one.create('both', { is: 'a document' });
      await one.create('both/inner', { is: 'below it' });
      expect((await other.get('both'))?.body).toEqual({ is: 'a document' });
      expect((await other.get('both/inner'))?.body).toEqual({ is: 'below it' });
    });

    test('has a path of its own, however alike two paths are', async () => {
      const paths = ['a-b', 'a/b', 'a_b', 'a.b', 'a--b', 'a-b.json', 'a-b/json', 'a-b.yaml'].map(
        (path) => `alike/${path}`,
      );
      for (const path of paths) expect(await one.create(path, { path })).not.toBe('conflict');
      for (const path of paths) expect((await other.get(path))?.body).toEqual({ path });
    });

    test('may have a long path', async () => {
      const path = `long/${'x'.repeat(230)}/${'y'.repeat(230)}`;
      const created = must(await one.create(path, { long: true }));
      expect(await other.get(path)).toEqual(created);
      expect(await other.list('long')).toEqual([created]);
    });

    test('that is too large is refused', async () => {
      await expect(one.create('large', { text: 'x'.repeat(600_000) })).rejects.toMatchObject({ kind: 'input' });
      expect(await one.get('large')).toBeUndefined();
      expect(await one.create('nearly', { text: 'x'.repeat(400_000) })).not.toBe('conflict');
    });
  });

  test.each([
    '',
    '/a',
    'a/',
    'a//b',
    '..',
    'a/../b',
    'a/./b',
    '.hidden',
    'A',
    'a b',
    'a\nb',
    'a\0b',
    '-a',
    'a\\b',
    'ä',
    '@1',
    'a.json/b',
    'a..b',
    'x'.repeat(241),
    Array.from({ length: 9 }, () => 'a').join('/'),
  ])('the path %j is refused', async (path) => {
    const refused = { kind: 'input', message: expect.stringContaining('is not a path of the store') };
    await expect((async () => one.get(path))()).rejects.toMatchObject(refused);
    await expect((async () => one.create(path, {}))()).rejects.toMatchObject(refused);
    await expect((async () => one.replace({ path, revision: '1' }, {}))()).rejects.toMatchObject(refused);
    await expect((async () => one.remove({ path, revision: '1' }))()).rejects.toMatchObject(refused);
    if (path !== '') await expect((async () => one.list(path))()).rejects.toMatchObject(refused);
  });

  test('a list has the documents below a prefix, in order, without those that were removed', async () => {
    for (const path of ['tree/b', 'tree/a/x', 'tree/a', 'tree2/c', 'tree/gone']) await one.create(path, { path });
    await one.remove(must(await one.get('tree/gone')));
    const paths = async (prefix: string) => (await other.list(prefix)).map(({ path }) => path);
    expect(await paths('tree')).toEqual(['tree/a', 'tree/a/x', 'tree/b']);
    expect(await paths('tree/a')).toEqual(['tree/a/x']);
    expect(await paths('nothing')).toEqual([]);
    expect(await paths('')).toEqual(expect.arrayContaining(['tree/a', 'tree2/c']));
    expect(await other.list('tree2')).toEqual([await one.get('tree2/c')]);
  });

  test('of many that create one document, one succeeds', async () => {
    const created = await Promise.all(
      Array.from({ length: 8 }, (_, by) => (by % 2 === 0 ? one : other).create('race/create', { by })),
    );
    const [winner, ...more] = created.filter((written) => written !== 'conflict');
    expect(more).toEqual([]);
    expect(await one.get('race/create')).toEqual(winner);
  });

  test('of many that count in one document, none loses a count', async () => {
    await one.create('race/count', { count: 0 });
    const add = async (store: Store): Promise<void> => {
      const found = must(await store.get('race/count'));
      const written = await store.replace(found, { count: Number(found.body.count) + 1 });
      if (written === 'conflict') await add(store);
    };
    await Promise.all(Array.from({ length: 8 }, (_, by) => add(by % 2 === 0 ? one : other)));
    expect((await one.get('race/count'))?.body).toEqual({ count: 8 });
  });

  test('whatever is done, it behaves as a map with revisions', async () => {
    let round = 0;
    const step = fc.record({
      act: fc.constantFrom('create', 'replace', 'remove', 'stale'),
      name: fc.constantFrom('a', 'b', 'a/b'),
      value: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        round += 1;
        const model = new Map<string, Document>();
        const stale = new Map<string, Document>();
        for (const { act, name, value } of steps) {
          const path = `model/${round}/${name}`;
          const known = model.get(path);
          const old = stale.get(path);
          if (act === 'create') {
            const created = await one.create(path, { value, step: model.size });
            expect(created === 'conflict').toBe(known !== undefined);
            if (created !== 'conflict') model.set(path, created);
          } else if (act === 'replace' && known) {
            stale.set(path, known);
            model.set(path, must(await other.replace(known, { value, was: known.revision })));
          } else if (act === 'remove' && known) {
            expect(await other.remove(known)).toBe('removed');
            stale.set(path, known);
            model.delete(path);
          } else if (act === 'stale' && old && old.revision !== known?.revision) {
            expect(await one.replace(old, { value })).toBe('conflict');
          }
          expect(await other.get(path)).toEqual(model.get(path));
        }
        const all = [...model.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
        expect(await one.list(`model/${round}`)).toEqual(all);
      }),
      { numRuns: rounds },
    );
  });

  describe('a ConfigMap', () => {
    const label = 'app.kubernetes.io/component';
    const configMap = (name: string, data: Readonly<Record<string, string>>, annotations = {}) => ({
      name,
      labels: { [label]: 'image-info' },
      annotations,
      data,
    });

    test('is created, and keeps what others added', async () => {
      const { configMaps } = one;
      expect(await configMaps.get('image-info-shop')).toBeUndefined();
      expect(
        await configMaps.apply(configMap('image-info-shop', { digest: '1' }, { 'octopipeline/git-url': 'u' })),
      ).toEqual([]);
      await configMaps.apply(configMap('image-info-shop', { digest: '2' }));
      const found = await other.configMaps.get('image-info-shop');
      expect(found).toMatchObject({
        name: 'image-info-shop',
        labels: { [label]: 'image-info' },
        data: { digest: '2' },
      });
    });

    test('is listed by its label', async () => {
      await one.configMaps.apply(configMap('listed-a', { a: '1' }));
      await one.configMaps.apply({ ...configMap('listed-b', { b: '1' }), labels: { [label]: 'another' } });
      const names = (await other.configMaps.list(label, 'image-info')).map(({ name }) => name);
      expect(names).toContain('listed-a');
      expect(names).not.toContain('listed-b');
    });
  });

  describe('a lock', () => {
    const settings = {
      ...defaultSettings,
      certificateFile: '/nowhere',
      renewEvery: 200 * patience,
      giveUp: 3000 * patience,
    };
    /** One command that holds the lock; `printed` is its log. */
    async function hold<T>(
      name: string,
      work: (context: Context) => Promise<T>,
      { holder = 'ann', keep = false, longest = 60_000, signal = new AbortController().signal, clock = 0 } = {},
    ) {
      const { context, printed } = testContext({ signal, now: () => new Date(Date.now() + clock) });
      await using store = await open(context);
      const act = async () => {
        await using held = await store.hold(name, { holder, keep, wait: longest, settings });
        const value = await work(held.context);
        held.succeeded();
        return value;
      };
      return { value: await act(), printed };
    }

    test('is held by one at a time', async () => {
      let inside = 0;
      const seen: number[] = [];
      const work = async () => {
        inside += 1;
        seen.push(inside);
        await wait(50);
        inside -= 1;
      };
      await Promise.all(['a', 'b', 'c'].map((holder) => hold('alone', work, { holder })));
      expect(seen).toEqual([1, 1, 1]);
    });

    test('is renewed while the work runs, so that others wait', async () => {
      const log: string[] = [];
      const work = (name: string) => async () => {
        log.push(`${name} begins`);
        await wait(1500 * patience);
        log.push(`${name} ends`);
      };
      const first = hold('renewed', work('ann'));
      while (log.length === 0) await wait(20);
      await Promise.all([first, hold('renewed', work('bob'), { holder: 'bob' })]);
      expect(log).toEqual(['ann begins', 'ann ends', 'bob begins', 'bob ends']);
    });

    test.each([
      { ofHolder: 0, ofWaiting: 600_000 },
      { ofHolder: 0, ofWaiting: -600_000 },
      { ofHolder: 600_000, ofWaiting: 0 },
      { ofHolder: -600_000, ofWaiting: 0 },
    ])('is held by one at a time though a clock is wrong: %j', async ({ ofHolder, ofWaiting }) => {
      const name = `clock-${ofHolder < 0 || ofWaiting < 0 ? 'behind' : 'ahead'}-${ofHolder === 0 ? 'waiting' : 'holder'}`;
      const waits = { holder: 'bob', clock: ofWaiting, longest: 500 * patience };
      const work = async () => {
        await expect(hold(name, async () => expect.unreachable(), waits)).rejects.toMatchObject({
          kind: 'deadline',
          message: expect.stringContaining('held by ann'),
        });
      };
      await hold(name, work, { clock: ofHolder });
    });

    test('that is kept is continued by its holder, and closed to others until their time is up', async () => {
      await hold('kept', async () => undefined, { keep: true });
      const bob = hold('kept', async () => expect.unreachable(), { holder: 'bob', longest: 500 });
      await expect(bob).rejects.toMatchObject({ kind: 'deadline', message: expect.stringContaining('held by ann') });
      const { printed } = await hold('kept', async () => undefined);
      expect(printed.join('\n')).not.toMatch(/already held|taken by/u);
      await hold('kept', async () => undefined, { holder: 'bob' });
    });

    test('is released by a failure, and by Ctrl-C', async () => {
      const failing = hold('failing', async () => Promise.reject(new Error('the work failed')), { keep: true });
      await expect(failing).rejects.toThrow('the work failed');
      const stop = new AbortController();
      const stopped = hold(
        'failing',
        async ({ signal }) => {
          stop.abort(new Interrupted('SIGINT'));
          signal.throwIfAborted();
        },
        { holder: 'bob', signal: stop.signal },
      );
      await expect(stopped).rejects.toThrow('stopped by SIGINT');
      await hold('failing', async () => undefined, { holder: 'eve', longest: 2000 * patience });
    });

    test('that another holder took ends the work', async () => {
      // `ann` twice: the second continues with the lock, and its end frees it under the first.
      const lost = hold('lost', async (context) => {
        await hold('lost', async () => undefined);
        await wait(20_000, undefined, { signal: context.signal }).catch(() => undefined);
        context.signal.throwIfAborted();
      });
      await expect(lost).rejects.toMatchObject({ kind: 'tool', message: expect.stringContaining('was lost') });
    });
  });
}
