import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { openDirectoryStore } from '../../store/directory/directory.js';
import { type Records, recordsIn } from '../records/records.js';
import { registerEnvironments } from './register.js';

const name = 'h.io/acme/platform/-/environments.release.ts';
const prod = { name: 'prod', attributes: { type: 'prod' } };
const second = { name: 'test', attributes: { type: 'test' } };

const directories: string[] = [];
let records: Records;
beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'register-'));
  directories.push(directory);
  const store = await openDirectoryStore(testContext().context, directory);
  const written = () => ({ by: 'ann', at: '2026-11-27T12:00:00Z', run: 'test' });
  records = recordsIn({ state: store, intent: store }, () => new Date(), written);
});
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true }))));

const register = (registered: readonly (typeof prod)[], allowed: string | undefined = name) =>
  registerEnvironments(records, { name, registered, allowed });
const wanted = async () => Object.fromEntries((await records.snapshot()).wantedEnvironments);

test('no file adds environments unless the platform names it', async () => {
  const refused = registerEnvironments(records, { name, registered: [prod], allowed: undefined });
  await expect(refused).rejects.toMatchObject({
    kind: 'refused',
    message: `${name} may not make environments`,
    why: expect.stringContaining('environments-file names no file'),
    hint: expect.stringContaining('op environment add'),
  });
  await expect(register([prod], 'h.io/acme/shop/-/environments.release.ts')).rejects.toMatchObject({ kind: 'refused' });
  expect(await wanted()).toEqual({});
});

test('the file that is named adds those that are new, and leaves the others', async () => {
  expect(await register([prod])).toEqual(['prod']);
  const hold = { reason: 'freeze', written: { by: 'ann', at: '2026-11-27T12:00:00Z', run: 'test' } };
  await records.holdEnvironment('prod', hold);
  expect(await register([prod, second])).toEqual(['test']);
  expect(await wanted()).toEqual({ prod: prod.attributes, test: second.attributes });
  expect((await records.snapshot()).heldEnvironments.get('prod')).toEqual(hold);
});

test.each([
  ['another value', { type: 'staging' }, 'type is "prod", and would be "staging"'],
  ['one more', { type: 'prod', server: 'evil.example' }, 'server is not there, and would be "evil.example"'],
  ['one less', {}, 'type is "prod", and would be not there'],
])('an environment that is there does not change: %s', async (_, attributes, why) => {
  await register([prod]);
  const refused = registerEnvironments(records, { name, registered: [second, { ...prod, attributes }], allowed: name });
  await expect(refused).rejects.toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
  // Nothing of the file is written then.
  expect(await wanted()).toEqual({ prod: prod.attributes });
});

test('an environment that goes does not come back with other attributes', async () => {
  await records.setEnvironment('prod', () => ({ ...prod, id: '1' }));
  await expect(register([{ ...prod, attributes: { type: 'test' } }])).rejects.toMatchObject({ kind: 'refused' });
});

test('of two who add the same one at the same time, the second is refused', async () => {
  const other = { ...prod, attributes: { type: 'staging' } };
  const ended = await Promise.allSettled([register([prod]), register([other])]);
  expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});
