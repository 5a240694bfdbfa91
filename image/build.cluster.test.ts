import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../scripts/bundle.js';
import { version } from '../src/version.js';
import { buildkitd } from './buildkitd.js';
import type { Image } from './image.js';
import { registry } from './inputs.js';
import { readLock } from './lock.js';
import { octopipeline } from './octopipeline.js';

const build = fileURLToPath(new URL('build', import.meta.url));
const images = [octopipeline, buildkitd];

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

interface Config {
  readonly config: { readonly User: string; readonly WorkingDir: string; readonly Entrypoint: readonly string[] };
}

describe('the images', () => {
  let work: string;
  let first: readonly string[];
  /** The same, built at another time. */
  let other: (image: Image) => string;
  const layout = (place: string, image: Image) => join(work, place, 'layout', image.name);
  const blob = (place: string, image: Image, digest: string) =>
    join(layout(place, image), 'blobs/sha256', digest.slice('sha256:'.length));
  const buildIn = async (place: string, op: string) =>
    (await execa(build, ['--work', join(work, place), '--op', op], { timeout: 500_000 })).stdout.split('\n');
  const digestOf = (references: readonly string[], { name }: Image): string =>
    references.find((reference) => reference.startsWith(`${registry}/${name}:`))?.split('@')[1] ?? '';

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'octopipeline-image-'));
    const op = join(work, 'op.cjs');
    await bundle(op);
    first = await buildIn('first', op);
    const locked = await readLock();
    const digests = new Map([
      [octopipeline, locked?.digest ?? ''],
      [buildkitd, locked?.buildkitd.digest ?? ''],
    ]);
    // A newer package in Debian's archive gives another image than the lock: then only a second build can tell.
    const second = images.some((image) => digests.get(image) !== digestOf(first, image))
      ? await buildIn('second', op)
      : undefined;
    other = (image) => (second === undefined ? (digests.get(image) ?? '') : digestOf(second, image));
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  const manifest = async (place: string, image: Image, digest: string): Promise<Manifest> =>
    JSON.parse(await readFile(blob(place, image, digest), 'utf8'));

  it('are printed by their references', () => {
    expect(first.map((reference) => reference.split('@')[0])).toEqual([
      `${registry}/octopipeline:${version}`,
      `${registry}/octopipeline-buildkitd:${version}`,
    ]);
  });

  describe.each(images)('$name', (image) => {
    it('is the digest of its lock, or of a second build where the lock is old, when it is built from nothing', () => {
      expect(digestOf(first, image)).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(digestOf(first, image)).toBe(other(image));
    });

    it('says who it runs as, where, and what', async () => {
      const { config } = await manifest('first', image, digestOf(first, image));
      const { config: runs }: Config = JSON.parse(await readFile(blob('first', image, config.digest), 'utf8'));
      const { user, workingDirectory, entrypoint } = image;
      expect(runs).toMatchObject({
        User: `${user.id}:${user.id}`,
        WorkingDir: workingDirectory,
        Entrypoint: entrypoint,
      });
    });

    it('has its tools, no file that gives rights, no package database, and no name of this machine', async () => {
      const { layers } = await manifest('first', image, digestOf(first, image));
      const listings = await Promise.all(
        layers.map(({ digest }) =>
          execa('tar', ['--list', '--verbose', '--numeric-owner', '--gzip', '--file', blob('first', image, digest)]),
        ),
      );
      const lines = listings.flatMap(({ stdout }) => stdout.split('\n'));
      const programs = [
        ...image.tools.map(({ name }) => `./usr/local/bin/${name}`),
        ...image.systemPrograms.map((name) => `./usr/sbin/${name}`),
      ];
      for (const program of programs) {
        expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^-rwxr-xr-x 0/0 .* ${program}$`)));
      }
      expect(lines.filter((line) => /^-..[sS]|^-.....[sS]/.test(line))).toEqual([]);
      expect(lines.filter((line) => /\.\/var\/lib\/(dpkg|apt)|\/etc\/(apt|hostname|resolv\.conf)/.test(line))).toEqual(
        [],
      );
      expect(lines.filter((line) => !/ (0\/0|65532\/65532) /.test(line))).toEqual([]);
    });
  });

  it('moves only the last layer of the octopipeline image when op changes', async () => {
    const op = join(work, 'op-2.cjs');
    await writeFile(op, 'console.log("op, changed");\n');
    const before = await manifest('first', octopipeline, digestOf(first, octopipeline));
    const changed = await buildIn('first', op);
    const after = await manifest('first', octopipeline, digestOf(changed, octopipeline));
    expect(after.layers.slice(0, -1)).toEqual(before.layers.slice(0, -1));
    expect(after.layers.at(-1)).not.toEqual(before.layers.at(-1));
    expect(await readdir(join(layout('first', octopipeline), 'blobs/sha256'))).toHaveLength(after.layers.length + 2);
    expect(digestOf(changed, buildkitd)).toBe(digestOf(first, buildkitd));
  });
});
