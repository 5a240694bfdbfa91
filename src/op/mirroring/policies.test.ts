import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry, startRegistry } from '../../../test/op/local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from '../../../test/op/mirror-sandbox.js';
import { pushImage, registryTool } from '../../../test/op/pushed-image.js';
import { startUnrulyRegistry, type UnrulyRegistry } from '../../../test/op/unruly-registry.js';

let registry: LocalRegistry;
let other: LocalRegistry;
let here: UnrulyRegistry;
let there: UnrulyRegistry;
let sandbox: MirrorSandbox;
let count = 0;
let source: string;
let target: string;

beforeAll(async () => {
  [registry, other] = await Promise.all([startPlainRegistry(), startPlainRegistry()]);
  [here, there] = await Promise.all([startUnrulyRegistry(registry.host), startUnrulyRegistry(other.host)]);
});
afterAll(() => Promise.all([here?.stop(), there?.stop(), registry?.stop(), other?.stop()]));
beforeEach(async () => {
  count += 1;
  source = `${here.host}/hub${count}`;
  target = `${there.host}/site${count}`;
  sandbox = await createMirrorSandbox();
  here.calm();
  there.calm();
});
afterEach(() => sandbox.remove());

const direct = (reference: string) => reference.replace(here.host, registry.host).replace(there.host, other.host);
const push = (reference: string, bytes?: number) => pushImage(direct(reference), bytes);
const digestAt = (reference: string) => registryTool('crane', ['digest', direct(reference)]).catch(() => undefined);
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
const file = (more: string) =>
  sandbox.write('mirror.yaml', `version: 1\ndefaults: { to: '${target}/{name}' }\n${more}`);

describe('a tag that names another image at the destination', () => {
  it.each([
    ['is overwritten by default', '', 'overwritten', undefined],
    ['is kept with drift: keep, which is no failure', ', drift: keep', 'drift', undefined],
    ['is kept with drift: fail, and the run fails', ', drift: fail', 'drift', 'refused'],
    ['is kept when the tag is immutable, and the run fails', ", immutableTags: ['v\\d+']", 'drift', 'refused'],
  ])('%s', async (_, policy, outcome, kind) => {
    const [wanted, present, free] = [
      await push(`${source}/a:v1`),
      await push(`${target}/a:v1`),
      await push(`${source}/b:v1`),
    ];
    await file(`sources:\n  - { from: '${source}/a:v1'${policy} }\n  - { from: '${source}/b:v1' }\n`);
    if (kind === undefined) await sandbox.run();
    else expect(await failed(sandbox.run())).toMatchObject({ kind });
    const { images } = await sandbox.report();
    expect(images.map((image) => image.outcome)).toEqual([outcome, 'copied']);
    expect(await digestAt(`${target}/a:v1`)).toBe(outcome === 'overwritten' ? wanted : present);
    expect(await digestAt(`${target}/b:v1`)).toBe(free);
  });

  it('is not overwritten when it was given to another image after the plan was made', async () => {
    await push(`${source}/a:v1`);
    await file(`sources: [{ from: '${source}/a:v1' }]\n`);
    await sandbox.resolve();
    const intruder = await push(`${target}/a:v1`);
    const error = await failed(sandbox.copy());
    expect(error.why).toMatch(/something else writes to it/u);
    expect(await digestAt(`${target}/a:v1`)).toBe(intruder);
  });
});

describe('the plan', () => {
  it('says how many bytes the destination lacks, each blob once, and nothing is copied beyond the limits', async () => {
    await push(`${source}/a:v1`, 200_000);
    await registryTool('crane', ['mutate', '--label', 'x=y', '-t', direct(`${source}/b:v1`), direct(`${source}/a:v1`)]);
    await file(`limits: { bytes: 100kB }\nsources: [{ from: '${source}/a:v1' }, { from: '${source}/b:v1' }]\n`);
    expect(await failed(sandbox.run())).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('limits.bytes is 100.0 kB'),
    });
    const plan = JSON.parse((await sandbox.read('mirror/plan.json')) ?? '');
    // Random bytes in a tar that is compressed: a little more than the content.
    expect(plan.totals.bytes).toBeGreaterThan(200_000);
    expect(plan.totals.bytes).toBeLessThan(250_000);
    expect(there.requests.filter(({ method }) => method !== 'HEAD' && method !== 'GET')).toEqual([]);
    // Nor by the next step.
    expect(await failed(sandbox.copy())).toMatchObject({ kind: 'refused' });
    expect(await sandbox.read('mirror/report.md')).toContain('**Refused**');

    await file(`limits: { newImages: 1 }\nsources: [{ from: '${source}/a:v1' }, { from: '${source}/b:v1' }]\n`);
    expect(await failed(sandbox.run())).toMatchObject({ why: '2 images would be copied, and limits.newImages is 1' });
  });

  it('belongs to the mirror file that it was made from', async () => {
    await push(`${source}/a:v1`);
    await file(`sources: [{ from: '${source}/a:v1' }]\n`);
    expect(await failed(sandbox.copy())).toMatchObject({
      kind: 'input',
      hint: expect.stringContaining('op mirror resolve'),
    });
    await sandbox.resolve();
    await file(`sources: [{ from: '${source}/a:v1', to: '${target}/elsewhere' }]\n`);
    expect(await failed(sandbox.copy())).toMatchObject({ kind: 'refused' });
    await sandbox.write('mirror/plan.json', '{}');
    expect(await failed(sandbox.copy())).toMatchObject({
      kind: 'input',
      message: expect.stringContaining('is not a plan'),
    });
  });

  it('is refused when two images would have one name', async () => {
    for (const name of ['x/web', 'y/web']) await push(`${source}/${name}:v1`);
    await file(`sources: [{ from: '${source}/x/web:v1' }, { from: '${source}/y/web:v1' }]\n`);
    expect(await failed(sandbox.resolve())).toMatchObject({
      kind: 'input',
      why: expect.stringMatching(/^mirror\.yaml:\d+: sources\[0\] .* and mirror\.yaml:\d+: sources\[1\] /u),
    });
  });

  it('has only the tags that the selection allows, on the first run too', async () => {
    for (const tag of ['1.0', '2.0', '2.1', 'latest']) await push(`${source}/app:${tag}`);
    await file(`sources: [{ from: '${source}/app', tags: { regex: '2\\..*' } }]\n`);
    for (let run = 0; run < 2; run++) await sandbox.run();
    expect((await registryTool('crane', ['ls', direct(`${target}/app`)])).split('\n').toSorted()).toEqual([
      '2.0',
      '2.1',
    ]);
  });
});

describe('what was lost at the destination', () => {
  it('comes back with --deep when it is a blob', async () => {
    const digest = await push(`${source}/a:v1`, 50_000);
    await file(`sources: [{ from: '${source}/a:v1' }]\n`);
    await sandbox.run();
    const { layers } = JSON.parse(await registryTool('crane', ['manifest', direct(`${target}/a:v1`)]));
    // A registry that lost a blob; the real one cannot be told to lose it.
    there.behave(({ method, path }) =>
      method === 'HEAD' && path.endsWith(layers[0].digest) ? { status: 404 } : undefined,
    );
    await sandbox.verify();
    expect(await failed(sandbox.verify({ deep: true }))).toMatchObject({
      kind: 'refused',
      why: expect.stringMatching(/a:v1: incomplete: 1 blob of 2/u),
    });
    const plan = await sandbox.resolve({ deep: true });
    expect(plan.items).toMatchObject([
      {
        action: 'copy',
        digest,
        found: digest,
        bytes: layers[0].size,
        why: 'the destination has lost 1 of its 2 blobs',
      },
    ]);
    there.calm();
    await sandbox.copy();
    expect((await sandbox.report()).images).toMatchObject([{ outcome: 'copied' }]);
  });

  it('comes back without --deep when its tag was deleted', async () => {
    const target = await startRegistry();
    try {
      const digest = await push(`${source}/a:v1`);
      await file(`sources: [{ from: '${source}/a:v1', to: '${target.host}/a' }]\n`);
      await sandbox.run();
      await registryTool('crane', ['delete', `${target.host}/a:v1`]);
      expect(await digestAt(`${target.host}/a:v1`)).toBeUndefined();
      expect((await sandbox.run()).totals).toMatchObject({ copied: 1 });
      expect(await digestAt(`${target.host}/a:v1`)).toBe(digest);
    } finally {
      await target.stop();
    }
  });
});
