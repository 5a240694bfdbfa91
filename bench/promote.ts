import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bundle } from '../scripts/bundle.js';
import { promoteOptions } from '../src/op/delivery/promote/options.js';
import { readRequest } from '../src/op/kit/options/read-request.js';
import { startPlainRegistry } from '../test/op/local-registry.js';
import { pushImage, registryTool } from '../test/op/pushed-image.js';
import { startUnrulyRegistry } from '../test/op/unruly-registry.js';
import { findTool, withTools } from '../test/tools.js';
import { type Benchmark, type Comparison, fasterBy, interleave, type Measurement, took } from './measure.js';
import { Peak } from './memory.js';

/** Number of images in a delivery. */
const many = 20;
/** Milliseconds added to each request: a registry on another network. */
const away = 50;

interface Image {
  readonly name: string;
  readonly tag: string;
}

/** Where images are, and how each contender copies some of them to another repository. */
interface Sides {
  readonly ours: (images: readonly Image[], to: string) => Promise<number>;
  readonly peer: (images: readonly Image[], to: string) => Promise<number>;
  /** As many at a time as op. */
  readonly parallel: (images: readonly Image[], to: string) => Promise<number>;
  /** The memory of op in all of it. */
  readonly peak: Peak;
  /** A name for a repository that is still empty. */
  readonly fresh: () => string;
  /** Builds a new version of an image. */
  readonly change: (image: Image) => Promise<Image>;
}

/** Images that op copies at a time. */
const { jobs } = readRequest('promote-image', promoteOptions, {});

/** `op promote-image` of twenty images, compared with `crane copy` of one after the other, and of as many at a time. */
export const promote: Benchmark = {
  name: 'promote',
  title: `Promotion of ${many} images; each request to the registries takes ${away} ms longer than on loopback`,
  missing: () => {
    const { PATH = '' } = withTools([]);
    const missing = ['crane', 'docker-registry'].filter((tool) => findTool(tool, PATH) === undefined);
    return missing.length === 0 ? undefined : `${missing.join(', ')} are missing`;
  },
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-promote-'));
    const registry = await startPlainRegistry();
    const [here, there] = await Promise.all([startUnrulyRegistry(registry.host), startUnrulyRegistry(registry.host)]);
    try {
      const op = join(folder, 'op.cjs');
      await bundle(op);
      const images: Image[] = [];
      for (let index = 0; index < many; index++) {
        const image = { name: `app-${index}`, tag: 'v1' };
        await push(registry.host, image);
        images.push(image);
      }
      for (const side of [here, there]) side.behave(() => ({ delay: away }));
      const sides = createSides(op, folder, { source: here.host, destination: there.host, registry: registry.host });
      return await compare(sides, images);
    } finally {
      await Promise.all([here.stop(), there.stop(), registry.stop()]);
      rmSync(folder, { recursive: true });
    }
  },
};

async function compare(
  { ours, peer, parallel, peak, fresh, change }: Sides,
  images: readonly Image[],
): Promise<readonly Comparison[]> {
  const cold = await interleave(5, {
    ours: () => ours(images, fresh()),
    peer: () => peer(images, fresh()),
    parallel: () => parallel(images, fresh()),
  });
  const [byOurs, byPeer] = [fresh(), fresh()];
  await ours(images, byOurs);
  await peer(images, byPeer);
  const there = await interleave(5, { ours: () => ours(images, byOurs), peer: () => peer(images, byPeer) });
  const changed = await interleave(5, {
    ours: async () => ours(await oneChanged(images, change), byOurs),
    peer: async () => peer(await oneChanged(images, change), byPeer),
  });
  const beside = (what: string, both: { readonly ours: Measurement; readonly peer: Measurement }, limit: number) =>
    fasterBy(what, ...labelled(both), limit);
  return [
    beside('nothing there yet', cold, 4),
    fasterBy('nothing there yet', labelled(cold)[0], { ...cold.parallel, label: `xargs -P ${jobs} crane copy` }, 1),
    beside('all there already', there, 4),
    beside('one of them changed', changed, 2),
    peak.compare('peak memory of op itself in all of these', labelled(cold)),
  ];
}

const labelled = ({ ours, peer }: { readonly ours: Measurement; readonly peer: Measurement }) =>
  [
    { ...ours, label: 'op promote-image' },
    { ...peer, label: `${many} times crane copy` },
  ] as const;

const oneChanged = async ([first, ...others]: readonly Image[], change: Sides['change']): Promise<readonly Image[]> =>
  first === undefined ? [] : [await change(first), ...others];

interface Hosts {
  readonly source: string;
  readonly destination: string;
  /** Without the delay. */
  readonly registry: string;
}

const push = (host: string, { name, tag }: Image) => pushImage(`${host}/dev/${name}:${tag}`, 300_000);

function createSides(op: string, folder: string, { source, destination, registry }: Hosts): Sides {
  const env = { ...withTools(['crane']), HOME: folder, TMPDIR: folder };
  const peak = new Peak();
  let places = 0;
  let versions = 1;
  const ours: Sides['ours'] = async (images, to) => {
    const builds = await Promise.all(
      images.map(async ({ name, tag }) => {
        const digest = await registryTool('crane', ['digest', `${registry}/dev/${name}:${tag}`]);
        return { imageName: name, tag: `${source}/dev/${name}:${tag}@${digest}` };
      }),
    );
    writeFileSync(join(folder, 'build_result.json'), JSON.stringify({ builds }));
    const repositories = [`--source-repository=${source}/dev`, `--destination-repository=${destination}/${to}`];
    const args = [op, 'promote-image', '--source=dev', '--destination=pp', ...repositories];
    return took(() =>
      peak.while(execa(process.execPath, args, { cwd: folder, env, extendEnv: false, stdin: 'ignore' })),
    );
  };
  const peer: Sides['peer'] = (images, to) =>
    took(async () => {
      for (const { name, tag } of images) {
        const names = [`${source}/dev/${name}:${tag}`, `${destination}/${to}/${name}:${tag}`];
        await execa('crane', ['copy', ...names], { env, extendEnv: false, stdin: 'ignore' });
      }
    });
  const parallel: Sides['parallel'] = (images, to) =>
    took(() => {
      const names = images.flatMap(({ name, tag }) => [
        `${source}/dev/${name}:${tag}`,
        `${destination}/${to}/${name}:${tag}`,
      ]);
      const args = ['-P', `${jobs}`, '-n', '2', 'crane', 'copy'];
      return execa('xargs', args, { env, extendEnv: false, input: `${names.join('\n')}\n` });
    });
  const fresh = () => {
    places += 1;
    return `pp${places}`;
  };
  const change: Sides['change'] = async ({ name }) => {
    versions += 1;
    const image = { name, tag: `v${versions}` };
    await push(registry, image);
    return image;
  };
  return { ours, peer, parallel, peak, fresh, change };
}
