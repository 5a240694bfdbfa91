import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testContext } from '../../../../../test/op/test-context.js';
import { prepareDockerConfig } from './prepare.js';

let room: string;
let count = 0;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'dockerconfig-test-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

const { context } = testContext();
const auth = Buffer.from('bob:s3cret-pw').toString('base64');
async function directoryWith(name: string, content: unknown): Promise<string> {
  count += 1;
  const directory = join(room, String(count));
  await mkdir(directory);
  await writeFile(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  return directory;
}

test.each(['config.json', '.dockerconfigjson'])('%s becomes a private config.json', async (name) => {
  const config = {
    auths: { 'ghcr.io': { auth }, 'empty.example.com': {} },
    credHelpers: { 'gcr.io': 'gcloud' },
    credsStore: 'pass',
  };
  const { env, hosts, dispose } = await prepareDockerConfig(context, await directoryWith(name, config));
  const copy = env.DOCKER_CONFIG ?? '';
  expect((await stat(copy)).mode & 0o777).toBe(0o700);
  expect((await stat(join(copy, 'config.json'))).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(join(copy, 'config.json'), 'utf8'))).toEqual(config);
  expect(hosts).toEqual([
    { host: 'ghcr.io', from: { kind: 'file' } },
    { host: 'gcr.io', from: { kind: 'helper', helper: 'gcloud' } },
    { host: '*', from: { kind: 'helper', helper: 'pass' } },
  ]);
  expect(JSON.stringify(hosts)).not.toContain(auth);
  await dispose();
  expect(existsSync(copy)).toBe(false);
});

test('without a directory nothing changes', async () => {
  const { env, hosts, dispose } = await prepareDockerConfig(context, undefined);
  expect({ env, hosts }).toEqual({ env: {}, hosts: [] });
  await dispose();
});

test.each([
  ['no JSON', `{"auths": {"x": {"password": "s3cret-pw"`, 'it is not JSON'],
  ['a list', '[]', 'it is not an object'],
  ['auths that are a text', { auths: 's3cret-pw' }, 'auths is not an object'],
  ['an auth that is a text', { auths: { 'ghcr.io': 's3cret-pw' } }, 'auths["ghcr.io"] is not an object'],
  [
    'an auth that is not base64 of user and password',
    { auths: { 'ghcr.io': { auth: 's3cret' } } },
    'base64 text of USER:PASSWORD',
  ],
])('%s is refused and not quoted', async (_, content, why) => {
  const prepared = prepareDockerConfig(context, await directoryWith('config.json', content));
  await expect(prepared).rejects.toMatchObject({ kind: 'input', why: expect.stringContaining(why) });
  await prepared.catch((error: Error) => expect(`${error.message}${JSON.stringify(error)}`).not.toContain('s3cret'));
});

test('a directory with neither file, or that does not exist, is refused', async () => {
  const why = 'it holds neither config.json nor .dockerconfigjson';
  await expect(prepareDockerConfig(context, await directoryWith('other', '{}'))).rejects.toMatchObject({
    kind: 'input',
    why: expect.stringContaining(why),
  });
  await expect(prepareDockerConfig(context, join(room, 'nowhere'))).rejects.toMatchObject({
    kind: 'input',
    why: 'there is no such directory',
  });
});

test('a Secret with another key is refused with the keys that it has', async () => {
  const directory = await directoryWith('dockerconfig.json', {});
  await writeFile(join(directory, 'auth'), 's3cret-pw');
  await expect(prepareDockerConfig(context, directory)).rejects.toMatchObject({
    kind: 'input',
    why: 'it holds neither config.json nor .dockerconfigjson, but auth, dockerconfig.json',
  });
});
