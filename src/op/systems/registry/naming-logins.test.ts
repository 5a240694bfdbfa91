import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { namingLogins } from './naming-logins.js';
import { hintFor } from './problem.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'describe-logins-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

const auth = Buffer.from('bob:s3cret-pw').toString('base64');
const refused = toolError({ what: 'cannot push', why: 'it said no', hint: hintFor('refused', 'r.example:5000') });

it.each<[string, unknown, string]>([
  [
    'other hosts',
    { auths: { 'ghcr.io': { auth }, 'r.example': { auth } } },
    'ghcr.io, r.example, not for r.example:5000',
  ],
  ['none', { auths: {} }, 'no registry, not for r.example:5000'],
  ['an entry without credentials', { auths: { 'r.example:5000': {} } }, 'no registry, not for r.example:5000'],
  [
    'the host',
    { auths: { 'https://r.example:5000/v2/': { auth } } },
    'r.example:5000: those for r.example:5000 do not suffice',
  ],
  [
    'a repository of the host',
    { auths: { 'r.example:5000/team/web': { auth } } },
    'r.example:5000/team/web: those for r.example:5000 do not suffice',
  ],
  [
    'a host with a user in it',
    { auths: { 'https://bob:s3cret-pw@ghcr.io': { auth } } },
    'ghcr.io, not for r.example:5000',
  ],
  ['a store', { auths: { 'ghcr.io': {} }, credsStore: 'pass' }, 'all registries (docker-credential-pass)'],
  [
    'many hosts',
    { auths: Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`r${index}.example`, { auth }])) },
    'r0.example, r1.example, r2.example, r3.example, r4.example, r5.example, r6.example, r7.example and 2 more, not for r.example:5000',
  ],
])('a refusal says for which hosts the docker config has credentials: %s', async (_, config, hosts) => {
  const file = join(room, '.dockerconfigjson');
  await writeFile(file, JSON.stringify(config));
  const { context } = testContext({ cwd: room });
  const found = await namingLogins(context, refused, '.');
  expect(found).toMatchObject({
    kind: 'tool',
    hint: refused.hint,
    why: `it said no\n${file} has credentials for ${hosts}`,
  });
  expect(JSON.stringify(found)).not.toMatch(/s3cret|bob/u);
});

it('the usual docker config is named where none is given', async () => {
  await writeFile(join(room, 'config.json'), JSON.stringify({ auths: { 'ghcr.io': { auth } } }));
  const { context } = testContext({ env: { DOCKER_CONFIG: room } });
  expect(await namingLogins(context, refused, undefined)).toMatchObject({
    why: expect.stringContaining(`${join(room, 'config.json')} has credentials for ghcr.io, not for`),
  });
});

it('other errors stay as they are, also where the docker config cannot be read', async () => {
  const { context } = testContext({ cwd: room, env: { HOME: join(room, 'nowhere') } });
  const other = inputError({ what: 'cannot read', why: 'it is absent', hint: hintFor('busy', 'r.example:5000') });
  expect(await namingLogins(context, other, '.')).toBe(other);
  expect(await namingLogins(context, refused, undefined)).toBe(refused);
  expect(await namingLogins(context, refused, 'nowhere')).toBe(refused);
  const cause = new Error('a bug');
  expect(await namingLogins(context, cause, '.')).toBe(cause);
});
