import { chmod, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layer } from './layer.js';

describe('a layer', () => {
  let work: string;
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'octopipeline-layer-'));
  });
  afterEach(() => rm(work, { recursive: true }));

  const files = (names: readonly string[], time: number) => async (root: string) => {
    for (const name of names) {
      await writeFile(join(root, name), `content of ${name}`);
      await chmod(join(root, name), 0o755);
      await utimes(join(root, name), time, time);
    }
  };

  it('is the same bytes whatever the order and the time its files were made', async () => {
    const first = await layer(work, { name: 'a', key: '1', fill: files(['x', 'y', 'Z'], 1) });
    const second = await layer(work, { name: 'a', key: '2', fill: files(['Z', 'y', 'x'], 1_700_000_000) });
    expect(second.digest).toBe(first.digest);
    expect(second.diffId).toBe(first.diffId);
  });

  it('is another one when a file is', async () => {
    const first = await layer(work, { name: 'a', key: '1', fill: files(['x'], 1) });
    const second = await layer(work, { name: 'a', key: '2', fill: files(['y'], 1) });
    expect(second.digest).not.toBe(first.digest);
  });

  it('comes from the work directory when its key is known', async () => {
    const first = await layer(work, { name: 'a', key: '1', fill: files(['x'], 1) });
    const again = await layer(work, { name: 'a', key: '1', fill: () => Promise.reject(new Error('not again')) });
    expect(again).toEqual(first);
  });

  it('names the digests of its tar and of its gzipped tar', async () => {
    const { path, digest, diffId, size } = await layer(work, { name: 'a', key: '1', fill: files(['x'], 1) });
    const sum = async (command: string) =>
      `sha256:${(await execa('sh', ['-c', command, 'sh', path])).stdout.split(' ')[0]}`;
    expect(digest).toBe(await sum('sha256sum "$1"'));
    expect(diffId).toBe(await sum('gzip -dc "$1" | sha256sum'));
    expect(String(size)).toBe((await execa('stat', ['-c', '%s', path])).stdout);
  });
});
