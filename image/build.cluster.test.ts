import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const build = fileURLToPath(new URL('build', import.meta.url));

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

interface Config {
  readonly config: { readonly User: string; readonly WorkingDir: string; readonly Entrypoint: readonly string[] };
}

describe('the octopipeline image', () => {
  let work: string;
  let first: string;
  let second: string;
  const layout = (name: string) => join(work, name, 'layout');
  const blob = (name: string, digest: string) => join(layout(name), 'blobs/sha256', digest.slice('sha256:'.length));

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'octopipeline-image-'));
    const op = join(work, 'op.cjs');
    await writeFile(op, 'console.log("op");\n');
    const digest = async (name: string) =>
      (await execa(build, ['--work', join(work, name), '--op', op], { timeout: 500_000 })).stdout.trim();
    first = await digest('first');
    second = await digest('second');
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  const manifest = async (name: string, digest: string): Promise<Manifest> =>
    JSON.parse(await readFile(blob(name, digest), 'utf8'));

  it('is the same digest when it is built twice from nothing', async () => {
    expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect((await manifest('second', second)).layers).toEqual((await manifest('first', first)).layers);
    expect(second).toBe(first);
  });

  it('says who it runs as, where, and what', async () => {
    const { config } = await manifest('first', first);
    const { config: runs }: Config = JSON.parse(await readFile(blob('first', config.digest), 'utf8'));
    expect(runs).toMatchObject({ User: '65532:65532', WorkingDir: '/workspace', Entrypoint: ['op'] });
  });

  it('has no file that gives rights, no package database, and no name of this machine', async () => {
    const { layers } = await manifest('first', first);
    const listings = await Promise.all(
      layers.map(({ digest }) =>
        execa('tar', ['--list', '--verbose', '--numeric-owner', '--gzip', '--file', blob('first', digest)]),
      ),
    );
    const lines = listings.flatMap(({ stdout }) => stdout.split('\n'));
    expect(lines.filter((line) => /^-..[sS]|^-.....[sS]/.test(line))).toEqual([]);
    expect(lines.filter((line) => /\.\/var\/lib\/(dpkg|apt)|\/etc\/(apt|hostname|resolv\.conf)/.test(line))).toEqual(
      [],
    );
    expect(lines.filter((line) => !/ (0\/0|65532\/65532) /.test(line))).toEqual([]);
  });

  it('moves only its last layer when op changes', async () => {
    const op = join(work, 'op-2.cjs');
    await writeFile(op, 'console.log("op, changed");\n');
    const { stdout } = await execa(build, ['--work', join(work, 'first'), '--op', op]);
    const before = await manifest('second', second);
    const after = await manifest('first', stdout.trim());
    expect(after.layers.slice(0, -1)).toEqual(before.layers.slice(0, -1));
    expect(after.layers.at(-1)).not.toEqual(before.layers.at(-1));
    expect(await readdir(join(layout('first'), 'blobs/sha256'))).toHaveLength(after.layers.length + 2);
  });
});
