import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bundle } from '../scripts/bundle.js';
import { type Benchmark, each, interleave, linear, took } from './measure.js';
import { Peak } from './memory.js';

/** Entries of the largest file of a mirror that we know, which is generated and public, and a quarter of them. */
const many = 7241;
const few = Math.round(many / 4);
/** Tags of a repository, as there. */
const tags = 40;
/** Memory that op may use, in MB. */
const room = 250;

/** `op mirror run` of a mirror with thousands of entries, all of which are at the destination already. */
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
      for (const count of [many, few]) writeFileSync(join(folder, `${count}.yaml`), mirrorFile(registry.host, count));
      const { all, part } = await interleave(3, { all: () => run(many, peak), part: () => run(few) });
      if (registry.others() > 0) throw new Error(`op has asked ${registry.others()} times for more than a digest`);
      const [ours, peer] = [
        { ...each(all, many), label: `an image of ${many}` },
        { ...each(part, few), label: `an image of ${few}` },
      ];
      return [
        linear('time per image', ours, peer),
        peak.compare(`peak memory of op with ${many} images`, [ours, peer], room),
      ];
    } finally {
      await registry.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

function mirrorFile(host: string, count: number): string {
  const sources = Array.from({ length: count }, (_, index) => {
    const image = `rancher/mirrored-component-${Math.floor(index / tags)}:v1.${index % tags}.0`;
    return `  - from: ${host}/hub/${image}\n    to: ${host}/site/${image}\n`;
  });
  return `version: 1\nsources:\n${sources.join('')}`;
}

/** A registry that has every image, below `hub` and below `site` the same: it answers HEAD, and counts what else is asked of it. */
async function startSameEverywhere() {
  let others = 0;
  const server = createServer(({ method, url = '' }, response) => {
    const [, , , image] = /^\/v2\/(hub|site)(\/(.+\/manifests\/.+))$/u.exec(url) ?? [];
    if (method !== 'HEAD' || image === undefined) {
      others += 1;
      response.writeHead(404).end();
      return;
    }
    const digest = createHash('sha256').update(image).digest('hex');
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
