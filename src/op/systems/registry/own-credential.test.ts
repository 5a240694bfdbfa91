import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { parseDockerConfig } from './dockerconfig/parse.js';
import { checkHelpers, loginOf } from './missing-helper.js';
import { ownCredential } from './own-credential.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'own-credential-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');
const image = { registry: 'r.example:5000', path: 'team/web', tag: 'v1' };

describe('the credential of one repository', () => {
  it.each([
    ['by its whole name', { auths: { 'r.example:5000/team/web': { auth: base64('push:a:b') } } }, 'push:a:b'],
    ['as user and password', { auths: { 'r.example:5000/team/web': { username: 'push', password: 'pw' } } }, 'push:pw'],
    ['not by a part of its name', { auths: { 'r.example:5000/team': { auth: base64('push:pw') } } }, undefined],
    ['not by a longer name', { auths: { 'r.example:5000/team/web2': { auth: base64('push:pw') } } }, undefined],
    ['not by its host', { auths: { 'r.example:5000': { auth: base64('pull:pw') } } }, undefined],
  ])('is found %s', async (_, config, found) => {
    await writeFile(join(room, 'config.json'), JSON.stringify(config));
    const { context } = testContext({ env: { DOCKER_CONFIG: room } });
    const credential = await ownCredential(context, {}, image);
    expect(credential && 'user' in credential ? `${credential.user}:${credential.pass}` : undefined).toBe(found);
  });

  it('of Docker Hub has the name index.docker.io', async () => {
    const auths = { 'index.docker.io/library/web': { auth: base64('push:pw') } };
    await writeFile(join(room, 'config.json'), JSON.stringify({ auths }));
    const { context } = testContext({ env: { DOCKER_CONFIG: room } });
    expect(await ownCredential(context, {}, { path: 'web' })).toEqual({ user: 'push', pass: 'pw' });
  });
});

describe('a helper that is missing', () => {
  const logins = parseDockerConfig(
    'config.json',
    JSON.stringify({
      auths: { 'file.example': { auth: base64('bob:pw') }, 'both.example': { auth: base64('bob:pw') } },
      credHelpers: { 'gcr.io': 'nowhere', 'both.example': 'nowhere' },
      credsStore: 'nothing',
    }),
  );
  const { context } = testContext({ env: { PATH: '/nowhere' } });
  it.each([
    ['gcr.io', 'docker-credential-nowhere'],
    ['both.example', 'docker-credential-nowhere'],
    ['other.example', 'docker-credential-nothing'],
    // What the file has does not count when there is a store.
    ['file.example', 'docker-credential-nothing'],
  ])('is named before anything is sent to %s', (registry, program) => {
    const check = () => checkHelpers(context, logins, [{ registry, path: 'web' }]);
    expect(check).toThrow(expect.objectContaining({ kind: 'input', why: expect.stringContaining(program) }));
  });

  it('does not matter where it is not used', () => {
    const withoutStore = logins.filter(({ host }) => host !== '*');
    checkHelpers(context, withoutStore, [{ registry: 'file.example', path: 'web' }]);
    expect(loginOf(withoutStore, { registry: 'file.example', path: 'web' })?.from).toEqual({ kind: 'file' });
  });
});

it('an entry without a user is refused, as crane does', async () => {
  const config = JSON.stringify({ auths: { 'localhost:1': { auth: base64(':s3cret') } } });
  expect(() => parseDockerConfig('config.json', config)).toThrow(
    expect.objectContaining({ kind: 'input', why: expect.stringContaining('without a user') }),
  );
  await writeFile(join(room, 'config.json'), config);
  const env = { PATH: withTools(['crane']).PATH, HOME: room, DOCKER_CONFIG: room };
  const asked = await execa('crane', ['catalog', 'localhost:1'], { env, extendEnv: false, reject: false });
  expect([asked.exitCode, asked.stderr]).toEqual([1, expect.stringContaining('invalid auth configuration file')]);
});
