import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../test/op/local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from '../../../test/op/mirror-sandbox.js';
import { pushImage, registryTool } from '../../../test/op/pushed-image.js';
import { testContext } from '../../../test/op/test-context.js';
import { type Asked, startUnrulyRegistry, type UnrulyRegistry } from '../../../test/op/unruly-registry.js';
import { openDirectoryStore } from '../store/directory/directory.js';
import { changeKinds } from './history/changes.js';
import type { RecordedRun, Run } from './history/recorded.js';
import type { Report } from './report/reported.js';
import { type DiffView, showDiff } from './show-diff.js';
import { type HistoryView, showHistory } from './show-history.js';

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
const push = (name: string) => pushImage(direct(`${source}/${name}`));
const digestAt = (name: string) =>
  registryTool('crane', ['digest', direct(`${target}/${name}`)]).catch(() => undefined);
const select = (...sources: string[]) =>
  sandbox.write(
    'mirror.yaml',
    `version: 1\nname: site\ndefaults: { to: '${target}/{name}' }\nsources:\n${sources.map((one) => `  - { from: '${source}/${one} }\n`).join('')}`,
  );
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
const isUpload = ({ method, path }: Asked) => method === 'POST' && path.includes('/blobs/uploads/');

/** `changed web:v1` */
const changesIn = ({ changes }: Report) =>
  changes &&
  changeKinds.flatMap((kind) => changes[kind].map(({ destination }) => `${kind} ${destination.split('/').at(-1)}`));

async function ask<Answer>(more: Partial<HistoryView> = {}): Promise<Answer> {
  const { context, printed } = testContext({ cwd: sandbox.path });
  const out: string[] = [];
  const view = { file: 'mirror.yaml', directory: 'mirror', output: 'json', ...more } as const;
  await showHistory({ ...context, out: (text) => void out.push(text) }, view);
  expect(printed.at(-1) ?? '').toContain(more.run === undefined ? 'mirror site: ' : '');
  return JSON.parse(out.join('')) as Answer;
}
const runs = () => ask<readonly Run[]>();

/** Runs `op mirror diff` and gives what it prints for people, table first. */
async function diff(more: Partial<DiffView> = {}): Promise<readonly string[]> {
  const { context, printed } = testContext({ cwd: sandbox.path });
  await showDiff(context, { file: 'mirror.yaml', directory: 'mirror', output: 'text', ...more });
  return printed;
}

describe('the difference of two runs', () => {
  it('is that of the newest two, or of those that are named', async () => {
    await push('web:v1');
    await select("web', tags: { regex: 'v.*' }");
    expect(await failed(diff())).toMatchObject({ kind: 'input', message: expect.stringContaining('no two runs') });
    await sandbox.run();
    expect(await failed(diff())).toMatchObject({ kind: 'input' });
    await push('web:v2');
    await sandbox.run();
    await push('web:v1');
    await sandbox.run();
    const [table = '', line = ''] = await diff();
    expect(table).toMatch(/^WHAT +DESTINATION +BEFORE +NOW\nchanged +\S+\/web:v1 +[0-9a-f]{12} +[0-9a-f]{12}\n$/u);
    expect(line).toMatch(/^from \S+ \(.* UTC, 2 images\) to \S+ \(.* UTC, 2 images\): 1 changed$/u);
    const runs = await ask<readonly Run[]>();
    const [all = ''] = await diff({ from: runs.at(-1)?.id, output: 'json' });
    expect(JSON.parse(all)).toMatchObject({ from: { images: 1 }, to: { images: 2 }, added: [{ from: null }] });
    expect(await failed(diff({ from: '20200101T000000Z-00000000' }))).toMatchObject({ kind: 'input' });
  });
});

describe('the history of a mirror', () => {
  it('has each run that was verified, and what it left at the destination', async () => {
    const [web, api] = [await push('web:v1'), await push('api:v1')];
    await select("web:v1'", "api:v1'");
    await sandbox.run();
    await select("web:v1'", "api:v1'", "lost:v1'");
    await failed(sandbox.run());
    const [second, first] = await runs();
    expect(first).toMatchObject({ workflow: 'direct', images: 2, copied: 2, failing: 0, mirrorFile: 'mirror.yaml' });
    expect(second).toMatchObject({ images: 3, copied: 0, failing: 1, bytes: 0 });
    const { images } = await ask<RecordedRun>({ run: second?.id ?? '' });
    expect(images.map(({ destination, digest, outcome }) => [destination, digest, outcome])).toEqual([
      [`${target}/api:v1`, api, 'mirrored'],
      [`${target}/lost:v1`, null, 'missing'],
      [`${target}/web:v1`, web, 'mirrored'],
    ]);
  });

  it('is printed as a table', async () => {
    await push('web:v1');
    await select("web:v1'");
    await sandbox.run();
    const { context } = testContext({ cwd: sandbox.path });
    const out: string[] = [];
    const view = { file: 'mirror.yaml', directory: 'mirror', output: 'text' } as const;
    await showHistory({ ...context, out: (text) => void out.push(text) }, view);
    expect(out.join('')).toMatch(
      /^RUN {2,}WORKFLOW {2}VERIFIED {2,}IMAGES {2}COPIED {2}UPLOADED {2}RESULT\n\d{8}T\d{6}Z-[0-9a-f]{8} {2}direct {4}\S+Z {2}1 {7}1 {7}\d\.\d kB {4}clean\n$/u,
    );
  });

  it('has a run of several commands when it was verified, once, and none that copied nothing', async () => {
    await push('web:v1');
    await select("web:v1'");
    await sandbox.resolve();
    await failed(sandbox.verify());
    expect(await runs()).toEqual([]);
    await sandbox.copy();
    expect(await runs()).toEqual([]);
    await sandbox.verify();
    await sandbox.verify({ deep: true });
    expect(await runs()).toHaveLength(1);
  });

  it('does not have a run that the limits refused', async () => {
    await push('web:v1');
    await select("web:v1'");
    const file = await sandbox.read('mirror.yaml');
    await sandbox.write('mirror.yaml', `${file}limits: { newImages: 0 }\n`);
    expect(await failed(sandbox.run())).toMatchObject({ kind: 'refused' });
    expect(await runs()).toEqual([]);
    expect((await sandbox.report()).changes).toBeNull();
  });
});

describe('what changed since the run before', () => {
  it('is what is new, moved, gone, failing and recovered', async () => {
    for (const name of ['same:v1', 'moved:v1', 'left:v1', 'breaks:v1']) await push(name);
    await select("same:v1'", "moved:v1'", "left:v1'", "breaks:v1'", "late:v1'");
    await failed(sandbox.run());
    expect((await sandbox.report()).changes).toBeNull();
    const before = await digestAt('moved:v1');
    const after = await push('moved:v1');
    await push('late:v1');
    await push('new:v1');
    await select("same:v1'", "moved:v1'", "breaks:v1'", "late:v1'", "new:v1'");
    here.behave(({ path }) => (path.includes('/breaks/') ? { status: 403 } : undefined));
    await failed(sandbox.run());
    const made = await sandbox.report();
    expect(changesIn(made)).toEqual([
      'failing breaks:v1',
      'recovered late:v1',
      'changed moved:v1',
      'added new:v1',
      'gone left:v1',
    ]);
    expect(made.changes?.changed[0]).toMatchObject({ from: before, to: after });
    expect(made.changes?.since.id).toBe((await runs())[1]?.id);
    expect(await sandbox.read('mirror/report.md')).toContain('1 failing now, 1 recovered, 1 changed, 1 new, 1 gone');
    expect(sandbox.printed.join('\n')).toMatch(
      /since the run of \S+ \S+ UTC: 1 failing now, 1 recovered, 1 changed, 1 new/u,
    );
    expect(await sandbox.read('mirror/report.html')).toContain('<h3>1 gone from the selection</h3>');
    await failed(sandbox.run());
    expect(changesIn(await sandbox.report())).toEqual(['stillFailing breaks:v1']);
  });

  it('is not that images are gone whose source could not be listed', async () => {
    await push('web:v1');
    await push('api:v1');
    await select("web', tags: { regex: 'v.*' }", "api:v1'");
    await sandbox.run();
    here.behave(({ path }) => (path.endsWith('/web/tags/list') ? { status: 403 } : undefined));
    await failed(sandbox.run());
    expect(changesIn(await sandbox.report())).toEqual([]);
    here.calm();
    await push('web:v2');
    await sandbox.run();
    expect(changesIn(await sandbox.report())).toEqual(['added web:v2']);
  });
});

describe('two runs of a mirror', () => {
  const slowly = () => there.behave((asked) => (isUpload(asked) ? { delay: 500 } : undefined));
  const begun = async () => {
    while (!there.requests.some(isUpload)) await new Promise((done) => setTimeout(done, 10));
  };

  it('do not work at once: the second is refused, or waits', async () => {
    const web = await push('web:v1');
    await select("web:v1'");
    slowly();
    const first = sandbox.run();
    await begun();
    for (const act of [() => sandbox.run(), () => sandbox.copy(), () => sandbox.verify()]) {
      expect(await failed(act())).toMatchObject({ kind: 'refused', hint: expect.stringContaining('--wait') });
    }
    const second = sandbox.run({ wait: 60_000 });
    await Promise.all([first, second]);
    expect((await runs()).map(({ copied }) => copied)).toEqual([0, 1]);
    expect(await digestAt('web:v1')).toBe(web);
  });

  it('do not overlap when the first loses its lock: it stops', async () => {
    await push('web:v1');
    await select("web:v1'");
    there.behave((asked) => (isUpload(asked) ? { delay: 3000 } : undefined));
    const first = failed(sandbox.run());
    await begun();
    const store = await openDirectoryStore(testContext().context, join(sandbox.path, 'mirror/store'));
    const found = await store.get('locks/octopipeline.mirror.site');
    if (found === undefined) return expect.fail('there is no lock');
    await store.replace(found, { ...found.body, holder: 'bob' });
    expect(await first).toMatchObject({ kind: 'tool', message: expect.stringContaining('was lost') });
    expect(await digestAt('web:v1')).toBeUndefined();
    expect(await runs()).toEqual([]);
  });
});

describe('a store that cannot be used', () => {
  it('is found out before anything is copied', async () => {
    await push('web:v1');
    await select("web:v1'");
    await sandbox.write('file', '');
    expect(await failed(sandbox.run({ store: 'directory:file/store' }))).toMatchObject({ kind: 'tool' });
    expect(there.requests).toEqual([]);
  });

  it('and breaks while a run is at work, loses no image: the run fails at its end, and verify records it later', async () => {
    const web = await push('web:v1');
    await select("web:v1'");
    const inTheWay = join(sandbox.path, 'mirror/store/.octopipeline/mirrors');
    const aside = `${inTheWay}-aside`;
    let isBroken = false;
    there.behave((asked) => {
      if (!isUpload(asked)) return undefined;
      if (!isBroken) void rename(inTheWay, aside).then(() => writeFile(inTheWay, ''));
      isBroken = true;
      return { delay: 200 };
    });
    expect(await failed(sandbox.run())).toMatchObject({
      kind: 'tool',
      message: expect.stringContaining('the run is not in the history'),
      hint: expect.stringContaining('op mirror verify'),
    });
    expect(await digestAt('web:v1')).toBe(web);
    expect(sandbox.printed.join('\n')).toContain('mirror: 1 copied');
    await rm(inTheWay);
    await rename(aside, inTheWay);
    there.calm();
    await sandbox.verify();
    expect(await runs()).toHaveLength(1);
  });
});
