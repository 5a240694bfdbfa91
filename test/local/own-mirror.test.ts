/** The Pipeline `mirror` of `dist/` on this machine, between real registries. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalRegistry, startRegistry } from '../op/local-registry.js';
import { pushImage, registryTool } from '../op/pushed-image.js';
import { bundledOp, type Op } from '../op/run-op.js';
import { makeHome } from './local-run.js';

const dist = join(import.meta.dirname, '../../dist');
let op: Op;
let hub: LocalRegistry;
let site: LocalRegistry;

beforeAll(async () => {
  op = await bundledOp(['crane', 'bwrap']);
  [hub, site] = await Promise.all([startRegistry(), startRegistry()]);
});
afterAll(async () => {
  await Promise.all([hub.stop(), site.stop()]);
  await op.dispose();
});

test('mirror copies what the file names, remembers it, and reports also what fails', async () => {
  await using home = await makeHome();
  await using config = await makeHome();
  const web = await pushImage(`${hub.host}/web:v1`);
  const sources = (more: string) =>
    writeFile(
      join(config.path, 'mirror.yaml'),
      `version: 1\ndefaults: { to: '${site.host}/{path}' }\nsources:\n  - { from: '${hub.host}/web', tags: { regex: 'v.*' } }\n${more}`,
    );
  const mirror = () =>
    op.run(home.path, [
      ...['local', 'start', 'mirror', `--file=${dist}`, `--state=${home.path}`],
      ...['-w', `name=config,config=${config.path}`, '-w', 'name=data,claimName=mirror'],
    ]);

  await sources('');
  const first = await mirror();
  expect([first.exitCode, first.stderr]).toEqual([0, expect.stringContaining('COPIED=1')]);
  expect(first.stderr).toContain('Tasks Completed: 1 (Failed: 0, Cancelled 0), Skipped: 1');
  expect(await registryTool('crane', ['digest', `${site.host}/web:v1`])).toBe(web);

  await pushImage(`${hub.host}/web:v2`);
  await sources(`  - { from: '${hub.host}/gone:v1' }\n`);
  const second = await mirror();
  expect(second.exitCode).toBe(4);
  expect(second.stderr).toContain('COPIED=1');
  expect(second.stderr).toContain('UNCHANGED=1');
  expect(second.stderr).toContain('FAILING=1');
  expect(second.stdout).toContain('[mirror : report] error: not mirrored: 1 of 3 images; the others are');
  expect(second.stdout).toContain('[report : report] mirror: 1 copied, 1 unchanged, 1 missing');

  const index = JSON.parse(await findIndex(join(home.path, 'store')));
  expect(index.runs.map(({ run }: { run: object }) => run)).toMatchObject([
    { images: 3, failing: 1, copied: 1 },
    { images: 1, failing: 0, copied: 1 },
  ]);
}, 120_000);

/** The document of the history, as the directory store shows it to people. */
const findIndex = (store: string) => readFile(join(store, 'mirrors/mirror/history.json'), 'utf8');
