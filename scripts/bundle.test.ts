import { execFileSync } from 'node:child_process';
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

describe('the bundle of op', () => {
  it('is one file that runs by itself, far from node_modules', () => {
    expect(execFileSync(file, ['--version'], { cwd: directory, encoding: 'utf8' })).toBe(`op version ${version}\n`);
    expect(execFileSync(file, ['config'], { cwd: directory, encoding: 'utf8' })).toContain('SKAFFOLD_DEFAULT_REPO');
  });

  it('has at most 700 kB', () => expect(bytes).toBeLessThanOrEqual(700_000));

  it('is the same each time', async () => {
    const again = join(directory, 'again.cjs');
    await bundle(again);
    expect((await readFile(again)).equals(await readFile(file))).toBe(true);
  });

  it('is what package.json calls op', async () => {
    const { bin } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(Object.keys(bin)).toEqual(['op', 'octopipeline']);
    for (const path of Object.values(bin)) expect(join(process.cwd(), String(path))).toBe(bundlePath);
  });
});
