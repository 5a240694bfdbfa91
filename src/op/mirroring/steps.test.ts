import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../test/op/local-registry.js';
import { pushImage, registryTool } from '../../../test/op/pushed-image.js';
import { bundledOp, type Op } from '../../../test/op/run-op.js';

let op: Op;
let registry: LocalRegistry;
let room: string;
let count = 0;

beforeAll(async () => {
  op = await bundledOp(['crane']);
  registry = await startPlainRegistry();
});
afterAll(async () => {
  await registry?.stop();
  await op?.dispose();
});
beforeEach(async () => {
  count += 1;
  room = await mkdtemp(join(tmpdir(), 'mirror-steps-'));
});
afterEach(() => rm(room, { recursive: true, force: true }));

const source = () => `${registry.host}/hub${count}`;
const target = () => `${registry.host}/site${count}`;
const write = (more = '') =>
  writeFile(
    join(room, 'mirror.yaml'),
    `version: 1\ndefaults: { to: '${target()}/{name}' }\nsources:\n  - { from: '${source()}/web:v1' }\n${more}`,
  );
const mirror = (step: string, ...args: readonly string[]) => op.run(room, ['mirror', step, ...args]);
const read = (name: string) => readFile(join(room, name), 'utf8');
const one = ['--holder=pipelinerun/team/one/1', '--keep-lock'];
const two = ['--holder=pipelinerun/team/two/2', '--keep-lock'];

describe('the steps of a Task', () => {
  it('have one lock from the first to the last, which the last frees', async () => {
    await pushImage(`${source()}/web:v1`);
    await write();
    for (const step of ['resolve', 'copy', 'verify']) {
      expect(await mirror(step, ...one)).toMatchObject({ exitCode: 0 });
      const other = await mirror('resolve', ...two);
      expect(other.exitCode).toBe(6);
      expect(other.stderr).toContain('is held by PipelineRun team/one');
    }
    expect(await mirror('report', '--holder=pipelinerun/team/one/1', '--check')).toMatchObject({ exitCode: 0 });
    expect(await mirror('resolve', ...two)).toMatchObject({ exitCode: 0 });
  });

  it('give numbers as results, also when images fail', async () => {
    await pushImage(`${source()}/web:v1`);
    await write(`  - { from: '${source()}/gone:v1' }\n`);
    for (const step of ['resolve', 'copy', 'verify']) await mirror(step);
    const results = ['COPIED', 'FAILING', 'SUMMARY'].map((name) => `--result=${name}=${join(room, name)}`);
    const checked = await mirror('report', '--check', ...results);
    expect(checked.exitCode).toBe(4);
    expect(checked.stderr).toContain('not mirrored: 1 of 2 images');
    expect(await read('COPIED')).toBe('1');
    expect(await read('FAILING')).toBe('1');
    expect(await read('SUMMARY')).toContain('1 copied, 1 missing');
    // Without --check it only reports.
    expect(await mirror('report')).toMatchObject({ exitCode: 0 });
  });

  it('copy nothing in a dry run', async () => {
    await pushImage(`${source()}/web:v1`);
    await write();
    await mirror('resolve');
    const copied = await mirror('copy', '--dry-run');
    expect(copied).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('dry run: nothing is copied; 1 copy'),
    });
    expect(await mirror('verify', '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(await mirror('report', '--check')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('1 planned'),
    });
    expect(await mirror('run', '--dry-run')).toMatchObject({ exitCode: 0 });
    await expect(registryTool('crane', ['digest', `${target()}/web:v1`])).rejects.toThrow();
  });

  it('leave a report when the plan is beyond the limits', async () => {
    await pushImage(`${source()}/web:v1`);
    await write('limits: { newImages: 0 }\n');
    expect(await mirror('resolve')).toMatchObject({ exitCode: 6 });
    expect(await read('mirror/report.md')).toContain('**Refused**');
    expect(await mirror('report', '--check')).toMatchObject({ exitCode: 6 });
  });
});

describe('what somebody reads in the morning', () => {
  const wrongFile = () => write('sauces: []\n');

  it('is never the report of the night before', async () => {
    await pushImage(`${source()}/web:v1`);
    await write();
    expect(await mirror('run')).toMatchObject({ exitCode: 0 });
    expect(await read('mirror/report.md')).toContain('**Clean**');
    await wrongFile();
    expect(await mirror('run')).toMatchObject({ exitCode: 3 });
    expect(await read('mirror/report.md')).toMatch(/\*\*Failed\*\*: it did not run[\s\S]*sauces/u);
    expect(await read('mirror/report.html')).toContain('did not run');
    expect(JSON.parse(await read('mirror/report.json'))).toMatchObject({ didNotRun: { what: expect.any(String) } });
  });

  it('is not changed by a dry run', async () => {
    await pushImage(`${source()}/web:v1`);
    await write();
    await mirror('run');
    const before = await read('mirror/report.md');
    await pushImage(`${source()}/web:v1`);
    expect(await mirror('resolve')).toMatchObject({ exitCode: 0 });
    expect(await mirror('run', '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(await read('mirror/report.md')).toBe(before);
  });

  it('escapes what a file says', async () => {
    await write("  - { from: '<img src=x onerror=alert(1)>' }\n");
    expect(await mirror('run')).toMatchObject({ exitCode: 3 });
    expect(await read('mirror/report.html')).not.toContain('<img');
  });
});

it('verify fails when the plan has images that could not be asked for', async () => {
  await pushImage(`${source()}/web:v1`);
  await write(`  - { from: '${source()}/gone:v1' }\n`);
  await mirror('resolve');
  await mirror('copy');
  const verified = await mirror('verify');
  expect(verified.exitCode).toBe(4);
  expect(verified.stderr).toContain('not mirrored: 1 of 2 images');
});

it('a source that selects no image is named, and a file that selects none at all fails', async () => {
  await pushImage(`${source()}/web:v1`);
  await write(`  - { from: '${source()}/web', tags: { regex: 'v9.*' } }\n`);
  const one = await mirror('run');
  expect([one.exitCode, one.stderr]).toEqual([0, expect.stringContaining('sources[1]')]);
  expect(one.stderr).toContain('selects no image');
  const none = `version: 1\ndefaults: { to: '${target()}/{name}' }\nsources:\n  - { from: '${source()}/web', tags: { regex: 'v9.*' } }\n`;
  await writeFile(join(room, 'mirror.yaml'), none);
  expect(await mirror('run')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('selects no image at all'),
  });
});

it('options of a disk without its workflow are refused', async () => {
  await write();
  for (const option of ['--disk=/tmp', '--since=2026-11-20', '--full', '--part-size=1GB']) {
    const refused = await mirror('run', option);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('has no meaning from registry to registry');
  }
});
