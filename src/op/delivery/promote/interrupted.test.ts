import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { attach, pushImage, registryTool } from '../../../../test/op/pushed-image.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { startUnrulyRegistry, type UnrulyRegistry } from '../../../../test/op/unruly-registry.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let registry: LocalRegistry;
let there: UnrulyRegistry;
let room: string;
let count = 0;

beforeAll(async () => {
  op = await bundledOp(['crane']);
  registry = await startPlainRegistry();
  there = await startUnrulyRegistry(registry.host);
});
afterAll(() => Promise.all([op?.dispose(), registry?.stop(), there?.stop()]));
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'promote-interrupted-'));
  count += 1;
});
afterEach(() => rm(room, { recursive: true, force: true }));

const digestAt = (reference: string) => registryTool('crane', ['digest', reference]).catch(() => undefined);
const names = ['one', 'two', 'three', 'four'];

describe.each<NodeJS.Signals>(['SIGTERM', 'SIGKILL'])('a promotion that is interrupted by %s', (signal) => {
  it('leaves no result and no tag of an incomplete image, and the next one completes the work', async () => {
    const [dev, pp] = [`${registry.host}/dev${count}`, `${there.host}/pp${count}`];
    const digests = await Promise.all(
      names.map(async (name) => {
        const digest = await pushImage(`${dev}/${name}:v1`, 200_000);
        await attach(`${dev}/${name}@${digest}`, 'application/vnd.example.signature', name);
        return digest;
      }),
    );
    const builds = names.map((imageName, index) => ({ imageName, tag: `${dev}/${imageName}:v1@${digests[index]}` }));
    await writeFile(join(room, 'build_result.json'), JSON.stringify({ builds }));
    // The third and the fourth image are held up at their manifests.
    let waiting = 0;
    there.behave(({ method, path }) => {
      if (method !== 'PUT' || !/\/(?:three|four)\/manifests\//u.test(path)) return undefined;
      waiting += 1;
      return { delay: 600_000 };
    });
    const args = [op.file, 'promote-image', '--source=dev', '--destination=pp'];
    /** The blobs that have arrived since the last `calm`, with their repository. */
    const uploaded = () =>
      there.requests
        .filter(({ method, status }) => method === 'PUT' && status === 201)
        .flatMap(({ path, query }) => {
          const [repository, session] = path.split('/blobs/uploads/');
          return session === undefined ? [] : [`${repository} ${new URLSearchParams(query).get('digest')}`];
        });
    const env = {
      PATH: withTools(['crane']).PATH,
      HOME: op.home,
      TMPDIR: op.temporary,
      GOOGLE_GKE_IMAGE_REPOSITORY: dev,
      GOOGLE_GKE_IMAGE_PP_REPOSITORY: pp,
    };
    const options = { cwd: room, env, extendEnv: false, reject: false } as const;
    const interrupted = execa('node', args, options);
    while (waiting < 2) await new Promise((done) => setTimeout(done, 20));
    interrupted.kill(signal);
    const ended = await interrupted;
    expect(signal === 'SIGTERM' ? ended.exitCode : ended.signal).toBe(signal === 'SIGTERM' ? 143 : 'SIGKILL');
    expect(existsSync(join(room, 'promotion_result.json'))).toBe(false);
    expect(existsSync(join(room, 'build_result.pp.json'))).toBe(false);
    const first = uploaded();
    expect(first).not.toEqual([]);
    there.calm();
    expect(await digestAt(`${pp}/three:v1`)).toBeUndefined();
    if (signal === 'SIGTERM') expect(await readdir(op.temporary)).toEqual([]);
    there.calm();
    const again = await execa('node', args, options);
    expect(again).toMatchObject({ exitCode: 0 });
    expect(await Promise.all(names.map((name) => digestAt(`${pp}/${name}:v1`)))).toEqual(digests);
    // Layers that arrived are not sent again.
    expect(uploaded().filter((blob) => first.includes(blob))).toEqual([]);
    const list = await registryTool('regctl', [
      'artifact',
      'list',
      `${pp}/four@${digests[3]}`,
      '--format={{len .Descriptors}}',
    ]);
    expect(list).toBe('1');
  });
});
