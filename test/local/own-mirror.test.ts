/** The Pipelines `mirror` and `mirror-disk` of `dist/` on this machine, between real registries. */
import { cp, readFile, writeFile } from 'node:fs/promises';
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

test('mirror-disk writes what is new to a disk and applies it at the other side, with what failed in its results', async () => {
  await using home = await makeHome();
  await using config = await makeHome();
  await using sender = await makeHome();
  await using receiver = await makeHome();
  const app = await pushImage(`${hub.host}/disk/app:v1`);
  const sources = (more: string) =>
    writeFile(
      join(config.path, 'mirror.yaml'),
      `version: 1\ndefaults: { to: '${site.host}/{path}' }\nsources:\n  - { from: '${hub.host}/disk/app', tags: { regex: 'v.*' } }\n${more}`,
    );
  const carry = (workflow: string, side: { readonly path: string }, ...more: string[]) =>
    op.run(home.path, [
      ...['local', 'start', 'mirror-disk', `--file=${dist}`, `--state=${home.path}`, '-p', `workflow=${workflow}`],
      ...['-w', `name=config,config=${config.path}`, '-w', `data=${side.path},rw`, ...more],
    ]);

  await sources(`  - { from: '${hub.host}/disk/gone:v1' }\n`);
  const sent = await carry('workflow-to-disk', sender);
  expect([sent.exitCode, sent.stderr]).toEqual([4, expect.stringContaining('COPIED=1')]);
  expect(sent.stderr).toContain('FAILING=1');
  expect(sent.stdout).toContain('[mirror : run] segment 1: 1 image');
  expect(sent.stdout).toContain('[report : report] mirror: 1 copied, 1 missing');

  await sources('');
  await cp(join(sender.path, 'segments'), join(receiver.path, 'segments'), { recursive: true });
  const tried = await carry('from-disk', receiver, '-p', 'dry-run=true');
  expect([tried.exitCode, tried.stderr]).toEqual([0, expect.stringContaining('SUMMARY=dry run: 1 copy')]);
  const received = await carry('from-disk', receiver);
  expect([received.exitCode, received.stderr]).toEqual([0, expect.stringContaining('COPIED=1')]);
  expect(received.stdout).toContain('[mirror : run] segment 1 is applied');
  expect(await registryTool('crane', ['digest', `${site.host}/disk/app:v1`])).toBe(app);

  await pushImage(`${hub.host}/disk/app:v2`);
  const next = await carry('to-disk', sender, '-p', 'incremental-mode=false');
  expect([next.exitCode, next.stderr]).toEqual([0, expect.stringContaining('COPIED=2')]);
  expect(next.stdout).toContain('baseline: none: a full segment was asked for');
  const contradiction = await carry('to-disk', sender, '-p', 'incremental-mode=false', '-p', 'since-date=2026-11-20');
  expect(contradiction.stdout).toContain('error: only one of --full, --since and --baseline can be given');
}, 240_000);

/** The document of the history, as the directory store shows it to people. */
const findIndex = (store: string) => readFile(join(store, 'mirrors/mirror/history.json'), 'utf8');
