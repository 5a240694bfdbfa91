import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../src/version.js';
import { bundle, bundlePath } from './bundle.js';

let directory: string;
let file: string;
let bytes: number;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bundle-'));
  file = join(directory, 'op.cjs');
  bytes = await bundle(file);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function milliseconds(args: readonly string[]): number {
  const start = process.hrtime.bigint();
  spawnSync(process.execPath, args, { stdio: 'ignore' });
  return Number(process.hrtime.bigint() - start) / 1e6;
}

describe('the bundle of op', () => {
  it('is one file that runs by itself, far from node_modules', () => {
    expect(execFileSync(file, ['--version'], { cwd: directory, encoding: 'utf8' })).toBe(`op version ${version}\n`);
    expect(execFileSync(file, ['config'], { cwd: directory, encoding: 'utf8' })).toContain('SKAFFOLD_DEFAULT_REPO');
  });

  it('has at most 500 kB', () => expect(bytes).toBeLessThanOrEqual(500_000));

  it('is the same each time', async () => {
    const again = join(directory, 'again.cjs');
    await bundle(again);
    expect((await readFile(again)).equals(await readFile(file))).toBe(true);
  });

  it('starts within 1.6 times of bare Node', () => {
    // Other tests take the processors at the same time: the fastest of many is what it takes, and more rounds only come closer.
    let [bare, op] = [Infinity, Infinity];
    for (let round = 0; round < 100 && (round < 10 || op / bare > 1.6); round++) {
      bare = Math.min(bare, milliseconds(['-e', '0']));
      op = Math.min(op, milliseconds([file, '--version']));
    }
    expect(op / bare).toBeLessThanOrEqual(1.6);
  });

  it('is what package.json calls op', async () => {
    const { bin } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(Object.keys(bin)).toEqual(['op', 'octopipeline']);
    for (const path of Object.values(bin)) expect(join(process.cwd(), String(path))).toBe(bundlePath);
  });
});
