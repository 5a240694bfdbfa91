import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toVolume } from './volumes.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'volumes-'));
  await mkdir(join(room, 'public/a b'), { recursive: true });
});
afterAll(() => rm(room, { recursive: true, force: true }));

describe('a volume', () => {
  it.each([
    ['./public:/app/public', () => `${room}/public:/app/public`],
    ['public/a b:/app:ro', () => `${room}/public/a b:/app:ro`],
    ['..:/up', () => `${tmpdir()}:/up`],
    ['/:/host', () => '/:/host'],
    ['~:/home', () => `${homedir()}:/home`],
    ['cache:/cache', () => 'cache:/cache'],
    ['public:/named', () => 'public:/named'],
    ['/anonymous', () => '/anonymous'],
  ])('can be written %s', async (text, becomes) => expect(await toVolume(room, text, 'x')).toBe(becomes()));

  it.each(['', 'public', ':/app', './public:app', './public:', '--privileged'])(
    'cannot be written "%s"',
    async (text) => {
      await expect(toVolume(room, text, '.run.yaml')).rejects.toMatchObject({ kind: 'input' });
    },
  );

  it('must exist: docker would create a directory owned by root', async () => {
    await expect(toVolume(room, './missing:/app', '.run.yaml')).rejects.toMatchObject({
      kind: 'input',
      message: 'cannot mount ./missing (.run.yaml)',
      why: `${room}/missing does not exist`,
    });
  });
});
