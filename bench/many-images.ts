import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bundle } from '../scripts/bundle.js';
import { type Benchmark, each, interleave, linear, type Measurement, took } from './measure.js';
import { Peak } from './memory.js';

/** Entries of the largest file of a mirror that we know: a file of regsync, generated and public, of rancher/artifact-mirror. */
const many = 7241;
/** Tags of a repository, and places that an image goes to, about as there. */
const tags = 40;
const places = ['site', 'second', 'third'] as const;
/** Name of an environment variable: that file, whose entries are taken instead of such as these. */
const fileVariable = 'REGSYNC_FILE';
/** Memory that op may use, in MB. */
const room = 250;

/**
 * `op mirror run` of a mirror with thousands of entries, all of which are at the destination already: a quarter of them, half and all.
 * @example REGSYNC_FILE=artifact-mirror.yaml npm run bench -- many-images
 */
export const manyImages: Benchmark = {
  name: 'many-images',
  title: `A mirror of ${many} images, none of which has changed`,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-many-images-'));
    const registry = await startSameEverywhere();
    try {
      const op = join(folder, 'op.cjs');
      await bundle(op);
      const peak = new Peak();
      const run = (count: number, watched?: Peak) =>
        took(async () => {
          const args = [op, 'mirror', 'run', `--file=${count}.yaml`, `--directory=run-${count}`];
          const child = execa(process.execPath, args, { cwd: folder, stdin: 'ignore', env: { HOME: folder } });
          await (watched === undefined ? child : watched.while(child));
        });
      const entries = entriesOf(process.env[fileVariable]);
      const all = entries.length;
      const [half, quarter] = [Math.round(all / 2), Math.round(all / 4)];
      for (const count of [all, half, quarter]) {
        writeFileSync(join(folder, `${count}.yaml`), mirrorFile(registry.host, entries.slice(0, count)));
      }
      const measured = await interleave(3, {
        all: () => run(all, peak),
        half: () => run(half),
        quarter: () => run(quarter),
      });
      if (registry.others() > 0) throw new Error(`op has asked ${registry.others()} times for more than a digest`);
      const perImage = (measurement: Measurement, count: number) => ({
        ...each(measurement, count),
        label: `an image of ${count}`,
      });
      const [ours, peer] = [perImage(measured.all, all), perImage(measured.quarter, quarter)];
      const where = process.env[fileVariable] === undefined ? '' : ' of the real file';
      return [
        linear(`time per image, half of the images${where}`, perImage(measured.half, half), peer),
        linear(`time per image, all images${where}`, ours, peer),
        peak.compare(`peak memory of op with ${all} images${where}`, [ours, peer], room),
      ];
    } finally {
      await registry.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

/** From where to where, without a registry. */
interface Entry {
  readonly from: string;
  readonly to: string;
}

/** @param file of regsync, each of whose entries copies one image; undefined: entries such as there */
function entriesOf(file: string | undefined): readonly Entry[] {
  if (file === undefined) {
    return Array.from({ length: many }, (_, index) => {
      const image = `rancher/component-${Math.floor(index / tags / places.length)}:v1.${Math.floor(index / places.length) % tags}.0`;
      return { from: image, to: `${places[index % places.length]}/${image}` };
    });
  }
  const text = readFileSync(file, 'utf8');
  const pairs = [...text.matchAll(/^- source: (\S+)\n {2}target: (\S+)\n {2}type: image$/gmu)];
  if (pairs.length === 0) throw new Error(`${file} has no entries that copy one image`);
  return pairs.map(([, from = '', to = '']) => ({ from, to }));
}

/** Both ends are on one host: what was the registry is the first part of the path. */
const mirrorFile = (host: string, entries: readonly Entry[]): string =>
  `version: 1\nsources:\n${entries.map(({ from, to }) => `  - from: ${host}/${from}\n    to: ${host}/${to}\n`).join('')}`;

/** A registry that has every image, by its tag the same everywhere: it answers HEAD, and counts what else is asked of it. */
async function startSameEverywhere() {
  let others = 0;
  const server = createServer(({ method, url = '' }, response) => {
    const [, tag] = /^\/v2\/.+\/manifests\/(.+)$/u.exec(url) ?? [];
    if (method !== 'HEAD' || tag === undefined) {
      others += 1;
      response.writeHead(404).end();
      return;
    }
    const digest = createHash('sha256').update(tag).digest('hex');
    response.writeHead(200, { 'docker-content-digest': `sha256:${digest}`, 'content-length': 500 }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    host: `localhost:${typeof address === 'object' ? address?.port : ''}`,
    others: () => others,
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
