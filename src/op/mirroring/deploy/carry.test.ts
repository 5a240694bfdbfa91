import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';

let op: Op;
let room: string;

beforeAll(async () => {
  op = await bundledOp([]);
  room = await mkdtemp(join(tmpdir(), 'carry-'));
});
afterAll(async () => {
  await op?.dispose();
  await rm(room, { recursive: true, force: true });
});

it.skipIf(process.platform !== 'linux')(
  'op runs from the directory that it was copied to, with nothing else',
  async () => {
    expect(await op.run(room, ['mirror', 'carry', '--to=op'])).toMatchObject({ exitCode: 0 });
    await op.dispose();
    const at = (name: string) => join(room, 'op', name);
    expect(await readdir(join(room, 'op'))).toEqual(['lib', 'loader', 'node', 'op.cjs']);
    const args = ['--library-path', at('lib'), at('node'), at('op.cjs')];
    const run = (...words: readonly string[]) =>
      execa(at('loader'), [...args, ...words], {
        cwd: room,
        env: { PATH: '/nowhere' },
        extendEnv: false,
        reject: false,
      });
    const { exitCode, stderr } = await run('mirror', 'oc-mirror', '--workflow=to-disk', '--parallel-images=99');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('invalid --parallel-images'),
    });
    // All of its libraries are the copies, not those of this machine.
    const { stdout } = await execa(at('loader'), ['--library-path', at('lib'), '--list', at('node')]);
    const used = [...stdout.matchAll(/=> (\/\S+)/gu)].map(([, path]) => path);
    expect(used.filter((path) => !path?.startsWith(room) && !path?.includes('ld-linux'))).toEqual([]);
  },
);
