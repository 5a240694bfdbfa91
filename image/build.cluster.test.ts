import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../scripts/bundle.js';
import { version } from '../src/version.js';
import { buildkitd } from './buildkitd.js';
import type { Image } from './image.js';
import { registry } from './inputs.js';
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

/** Where `image/build` keeps layers, and where this test keeps which of them came out the same when they were built once more. */
const kept = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'octopipeline/image');
const builtTwice = join(kept, 'built-twice.json');

describe('the images', () => {
  let work: string;
  let first: readonly string[];
  const layout = (place: string, image: Image) => join(work, place, 'layout', image.name);
  const blob = (place: string, image: Image, digest: string) =>
    join(layout(place, image), 'blobs/sha256', digest.slice('sha256:'.length));
  const buildIn = async (place: string, op: string) =>
    (await execa(build, ['--work', join(work, place), '--op', op], { timeout: 500_000 })).stdout.split('\n');
  const digestOf = (references: readonly string[], { name }: Image): string =>
    references.find((reference) => reference.startsWith(`${registry}/${name}:`))?.split('@')[1] ?? '';

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'octopipeline-image-'));
    // The layers that the cluster's image was made of, so that only what is new is built; what this test builds does not go there.
    await mkdir(join(kept, 'layers'), { recursive: true });
    await cp(join(kept, 'layers'), join(work, 'first/layers'), { recursive: true });
    const op = join(work, 'op.cjs');
    await bundle(op);
    first = await buildIn('first', op);
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

  // Minutes, so each set of layers is built from nothing only until that has come out the same once on this machine.
  it('come out the same, byte for byte, when they are built from nothing', async () => {
    const layers = await Promise.all(
      images.map(async (image) => (await manifest('first', image, digestOf(first, image))).layers),
    );
    // Without op, which changes often and is one file.
    const set = createHash('sha256')
      .update(JSON.stringify([layers[0]?.slice(0, -1), layers[1]]))
      .digest('hex');
    const known: readonly string[] = JSON.parse(await readFile(builtTwice, 'utf8').catch(() => '[]'));
    if (known.includes(set)) return;
    const again = await buildIn('second', join(work, 'op.cjs'));
    expect(again).toEqual(first);
    await writeFile(`${builtTwice}.part`, JSON.stringify([...known.slice(-20), set]));
    await rename(`${builtTwice}.part`, builtTwice);
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
