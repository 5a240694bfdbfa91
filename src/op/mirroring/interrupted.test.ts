import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../test/op/local-registry.js';
import { digestByHead, pushImage, pushIndex, registryTool } from '../../../test/op/pushed-image.js';
import { bundledOp, type Op } from '../../../test/op/run-op.js';
import { startUnrulyRegistry, type UnrulyRegistry } from '../../../test/op/unruly-registry.js';

let op: Op;
let registry: LocalRegistry;
let there: UnrulyRegistry;
let room: string;
const names = Array.from({ length: 8 }, (_, index) => `image-${index}`);
const digests = new Map<string, string>();

beforeAll(async () => {
  op = await bundledOp(['crane']);
  registry = await startPlainRegistry();
  there = await startUnrulyRegistry(registry.host);
  room = await mkdtemp(join(tmpdir(), 'mirror-interrupted-'));
  for (const name of names) digests.set(name, await pushImage(`${registry.host}/hub/${name}:v1`, 400_000));
  digests.set('multi', (await pushIndex(`${registry.host}/hub/multi:v1`)).index);
});
afterAll(async () => {
  await Promise.all([op?.dispose(), registry?.stop(), there?.stop()]);
  if (room !== undefined) await rm(room, { recursive: true, force: true });
});

const tagsAt = async (site: string): Promise<ReadonlyMap<string, string>> => {
  const found = await Promise.all(
    [...digests.keys()].map(async (name) => {
      const digest = await digestByHead(`${registry.host}/${site}/${name}:v1`);
      return digest === undefined ? [] : [[name, digest] as const];
    }),
  );
  return new Map(found.flat());
};

const mirrorFile = (site: string) =>
  `version: 1\nsources:\n${[...digests.keys()].map((name) => `  - { from: '${registry.host}/hub/${name}:v1', to: '${there.host}/${site}/${name}' }\n`).join('')}`;

/** Runs op until it has asked the destination so often, then kills it. */
async function killed(requests: number, signal: NodeJS.Signals) {
  there.calm();
  there.behave(() => ({ delay: 5 }));
  const running = execa('node', [op.file, 'mirror', 'run'], {
    cwd: room,
    reject: false,
    env: { PATH: process.env.PATH, HOME: op.home },
    extendEnv: false,
  });
  const timer = setInterval(() => there.requests.length >= requests && running.kill(signal), 1);
  const ended = await running;
  clearInterval(timer);
  there.calm();
  return ended;
}

describe('a mirror run that is killed', () => {
  it('leaves no tag of an incomplete image, wherever it was, and the next one copies only the rest', async () => {
    await writeFile(join(room, 'mirror.yaml'), mirrorFile('killed'));
    let before = 0;
    /** Images that were found complete: nothing is deleted here. */
    const whole = new Set<string>();
    for (let round = 0; round < 10; round++) {
      // The first requests compare; later ones write.
      const ended = await killed(20 + 9 * round, 'SIGKILL');
      const tags = await tagsAt('killed');
      for (const [name, digest] of tags) expect(digest).toBe(digests.get(name));
      const fresh = [...tags.keys()].filter((name) => !whole.has(name));
      await Promise.all(
        fresh.map((name) => registryTool('crane', ['validate', '--remote', `${registry.host}/killed/${name}:v1`])),
      );
      for (const name of fresh) whole.add(name);
      expect(tags.size).toBeGreaterThanOrEqual(before);
      before = tags.size;
      if (ended.exitCode === 0) break;
      expect(ended.signal).toBe('SIGKILL');
    }
    const last = await op.run(room, ['mirror', 'run']);
    expect(last.stderr).toMatch(/mirror: .*unchanged|mirror: .*copied/u);
    expect(last.exitCode).toBe(0);
    expect(await tagsAt('killed')).toEqual(digests);
  });

  it('ends by SIGTERM with 143, and without a result that looks whole', async () => {
    await writeFile(join(room, 'mirror.yaml'), mirrorFile('stopped'));
    await rm(join(room, 'mirror'), { recursive: true, force: true });
    const ended = await killed(70, 'SIGTERM');
    expect(ended.exitCode).toBe(143);
    expect(existsSync(join(room, 'mirror/copied.json'))).toBe(false);
    const next = await op.run(room, ['mirror', 'copy']);
    expect(next.exitCode, next.stderr).toBe(0);
    expect(await tagsAt('stopped')).toEqual(digests);
  });
});
