import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPlainRegistry } from '../../../test/op/local-registry.js';
import { type MirrorPair, type MirrorTest, startMirrorPair } from '../../../test/op/mirror-pair.js';
import type { Asked } from '../../../test/op/unruly-registry.js';

let pair: MirrorPair;
let test: MirrorTest;

beforeAll(async () => {
  pair = await startMirrorPair(startPlainRegistry);
});
afterAll(() => pair.stop());
beforeEach(async () => {
  test = await pair.begin();
});
afterEach(() => test.remove());

const isPull = ({ method, path }: Asked) => method === 'GET' && path.includes('/manifests/');
const pulls = () => pair.here.requests.filter(isPull);
const names = Array.from({ length: 8 }, (_, index) => `app:v${index}`);
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );

async function mirrorOf(rate: string): Promise<void> {
  for (const name of names) await test.push(name);
  await test.write(
    'mirror.yaml',
    `version: 1
defaults: { to: '${test.target}/{name}' }
registries: [{ host: '${pair.here.host}', rate: ${rate} }]
sources: [{ from: '${test.source}/app', tags: { regex: 'v.*' } }]
`,
  );
}
const there = async () => (await Promise.all(names.map(test.digestAt))).filter((digest) => digest !== undefined).length;

describe('the pulls of a registry with a quota', () => {
  it('are not used up: the run copies what it may read, names the rest, and the next one goes on', async () => {
    await mirrorOf('{ min: 5 }');
    pair.here.limitPulls(8);
    const error = await failed(test.run());
    expect(pulls()).toHaveLength(3);
    expect(pulls().every(({ status }) => status === 200)).toBe(true);
    expect(await there()).toBe(3);
    expect(error).toMatchObject({ kind: 'tool', message: expect.stringContaining('5 of 8 images') });
    expect(error.why).toContain(`${pair.here.host} says that 5 pulls are left, and rate.min is 5`);
    pair.here.calm();
    pair.here.limitPulls(100);
    const report = await test.run();
    expect(report.totals).toMatchObject({ copied: 5, unchanged: 3 });
    expect(pulls()).toHaveLength(5);
  });

  it('are not asked for where nothing changed: HEAD is no pull', async () => {
    await mirrorOf('{ min: 5 }');
    await test.run();
    pair.here.calm();
    pair.here.limitPulls(0);
    const report = await test.run();
    expect(report.totals).toMatchObject({ unchanged: 8 });
    expect(pulls()).toEqual([]);
  });

  it('are waited for with retry, and asked for again by HEAD', async () => {
    await mirrorOf('{ min: 5, retry: 1s }');
    pair.here.limitPulls(7);
    const run = test.run();
    while (!test.printed.some((line) => line.includes('asking again in 1 s'))) {
      await new Promise((done) => setTimeout(done, 20));
    }
    expect(pulls()).toHaveLength(2);
    pair.here.limitPulls(50);
    expect((await run).totals).toMatchObject({ copied: 8 });
    expect(pulls().every(({ status }) => status === 200)).toBe(true);
  });

  it('are counted by op for a registry that does not say', async () => {
    await mirrorOf('{ pulls: 3, per: 1h }');
    const error = await failed(test.run());
    expect(pulls()).toHaveLength(3);
    expect(await there()).toBe(3);
    expect(error.why).toContain('rate.pulls is 3 in 3600 s, and these are made');
  });

  it('come back after the time', async () => {
    await mirrorOf('{ pulls: 4, per: 1s, retry: 200ms }');
    const start = Date.now();
    expect((await test.run()).totals).toMatchObject({ copied: 8 });
    expect(Date.now() - start).toBeGreaterThan(900);
  });
});
