import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCompiled } from '../src/op/kit/process/compiled.js';
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

  it('has at most 900 kB', () => expect(bytes).toBeLessThanOrEqual(900_000));

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

describe('what V8 makes of op', () => {
  const compiled = () => readdirSync(directory).filter(isCompiled);
  const config = () => execFileSync(file, ['config'], { cwd: directory, encoding: 'utf8' });
  const inode = () => statSync(join(directory, compiled()[0] ?? '')).ino;
  const path = () => join(directory, compiled()[0] ?? '');
  /** As after a crash of the machine: some pages never came to the disk. */
  const damage = (spoiled: string) => {
    const bytes = readFileSync(spoiled);
    writeFileSync(spoiled, bytes.fill(0, bytes.length / 2, bytes.length / 2 + 4096));
  };

  it('is kept beside op, and not written again', () => {
    const first = config();
    expect(compiled()).toHaveLength(1);
    const before = inode();
    expect(config()).toBe(first);
    expect(inode()).toBe(before);
  });

  it.each([
    ['others may write', () => chmodSync(path(), 0o666)],
    ['is cut off', () => truncateSync(path(), 1000)],
    ['is damaged in its middle', () => damage(path())],
    ['is of another version of V8', () => writeFileSync(path(), 'V8 of tomorrow')],
  ])('is made again when the file %s', (_, spoil) => {
    const expected = config();
    const before = inode();
    spoil();
    expect(config()).toBe(expected);
    expect(inode()).not.toBe(before);
    expect(statSync(path()).mode & 0o777).toBe(0o644);
  });

  it('is not read through a link', () => {
    const expected = config();
    const name = basename(path());
    const elsewhere = join(directory, 'elsewhere');
    renameSync(join(directory, name), elsewhere);
    symlinkSync(elsewhere, join(directory, name));
    expect(config()).toBe(expected);
    expect(lstatSync(join(directory, name)).isFile()).toBe(true);
  });
});
