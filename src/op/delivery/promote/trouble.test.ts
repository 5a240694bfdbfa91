import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  dockerConfig,
  freePort,
  type LocalRegistry,
  password,
  startPasswordRegistry,
  startPlainRegistry,
  startTokenRegistry,
} from '../../../../test/op/local-registry.js';
import { type PromoteRoom, promoteRoom } from '../../../../test/op/promote-room.js';
import { pushImage, registryTool } from '../../../../test/op/pushed-image.js';
import {
  type Asked,
  firstTimes,
  startUnrulyRegistry,
  type Trouble,
  type UnrulyRegistry,
} from '../../../../test/op/unruly-registry.js';

let registry: LocalRegistry;
let here: UnrulyRegistry;
let there: UnrulyRegistry;
let room: PromoteRoom;
let count = 0;
let dev: string;
let pp: string;
let web: string;

beforeAll(async () => {
  registry = await startPlainRegistry();
  [here, there] = await Promise.all([startUnrulyRegistry(registry.host), startUnrulyRegistry(registry.host)]);
});
afterAll(async () => {
  await Promise.all([registry?.stop(), here?.stop(), there?.stop()]);
});
beforeEach(async () => {
  count += 1;
  dev = `${here.host}/dev${count}`;
  pp = `${there.host}/pp${count}`;
  here.calm();
  there.calm();
  web = await pushImage(`${dev}/web:v1`, 300_000);
  room = await promoteRoom({ dev, pp });
  await room.built({ web: `${dev}/web:v1@${web}` });
  here.calm();
});
afterEach(() => room.remove());

const digestAt = (reference: string) => registryTool('crane', ['digest', reference]).catch(() => undefined);
const isBlob = ({ path }: Asked) => /\/blobs\/sha256:/u.test(path);
const isUpload = ({ method, path }: Asked) => method === 'PUT' && path.includes('/blobs/uploads/');
const isWrite = ({ method }: Asked) => method !== 'GET' && method !== 'HEAD';
const always = (concerns: (asked: Asked) => boolean, trouble: Trouble) => (asked: Asked) =>
  concerns(asked) ? trouble : undefined;

async function untouched(): Promise<void> {
  here.calm();
  there.calm();
  expect(await digestAt(`${pp}/web:v1`)).toBeUndefined();
  expect(await room.read('promotion_result.json')).toBeUndefined();
  expect(await room.read('build_result.pp.json')).toBeUndefined();
}

describe('a registry that misbehaves for a while', () => {
  it.each<readonly [name: string, where: 'source' | 'destination', rule: (asked: Asked) => Trouble | undefined]>([
    [
      'asks to wait a second (429, Retry-After)',
      'destination',
      firstTimes(2, () => true, { status: 429, headers: { 'retry-after': '1' } }),
    ],
    ['limits requests (429)', 'source', firstTimes(7, () => true, { status: 429 })],
    ['answers 500', 'destination', firstTimes(7, () => true, { status: 500 })],
    ['answers 503', 'destination', firstTimes(3, () => true, { status: 503 })],
    ['answers 502 to writes', 'destination', firstTimes(3, isWrite, { status: 502 })],
    ['cuts the connection in the middle of a blob', 'source', firstTimes(3, isBlob, { cutAnswerAfter: 100_000 })],
    [
      'cuts the connection in the middle of an upload',
      'destination',
      firstTimes(2, isUpload, { cutUploadAfter: 50_000 }),
    ],
    ['is slow', 'destination', always(() => true, { delay: 100 })],
  ])('%s', async (_, where, rule) => {
    (where === 'source' ? here : there).behave(rule);
    await room.promote({ pauses: [10, 10, 10, 10] });
    there.calm();
    expect(await digestAt(`${pp}/web:v1`)).toBe(web);
  });

  it('sends no blob again that has arrived before the failure', async () => {
    there.behave(always(({ method, path }) => method === 'PUT' && path.includes('/manifests/'), { status: 500 }));
    await expect(room.promote({ pauses: [] })).rejects.toMatchObject({ kind: 'tool' });
    there.calm();
    here.calm();
    await room.promote();
    expect(there.requests.filter(isUpload)).toEqual([]);
    expect(here.requests.filter(isBlob)).toEqual([]);
  });
});

describe('a registry that does not work', () => {
  it.each<readonly [name: string, trouble: Trouble, why: string, hint: string]>([
    [
      'is read-only (405)',
      { status: 405, body: '{"errors":[{"code":"UNSUPPORTED","message":"read-only"}]}' },
      '405',
      'takes no writes',
    ],
    [
      'forbids writes (403)',
      { status: 403, body: '{"errors":[{"code":"DENIED","message":"no"}]}' },
      '403',
      'credentials that may push',
    ],
    ['answers 500 to writes', { status: 500 }, '500', 'run the same command again later'],
    ['cuts every upload', { cutUploadAfter: 1000 }, '', 'run the same command again later'],
  ])('%s: says so, and writes no result', async (_, trouble, why, hint) => {
    there.behave(always(isWrite, trouble));
    await expect(room.promote({ pauses: [10] })).rejects.toMatchObject({
      kind: 'tool',
      message: expect.stringContaining(`cannot copy ${dev}/web:v1@${web} to ${pp}/web:v1`),
      why: expect.stringContaining(why),
      hint: expect.stringContaining(hint),
    });
    await untouched();
  });

  it('never answers: the deadline ends it', async () => {
    there.behave(always(() => true, { delay: 60_000 }));
    await expect(room.promote({ timeout: 1500 })).rejects.toMatchObject({
      kind: 'deadline',
      message: 'the promotion to pp did not end within 1.5 s',
    });
    await untouched();
  });

  it('asks to wait for an hour: the deadline ends it', async () => {
    there.behave(always(() => true, { status: 429, headers: { 'retry-after': '3600' } }));
    await expect(room.promote({ timeout: 1500 })).rejects.toMatchObject({ kind: 'deadline' });
    await untouched();
  });

  it('is not there', async () => {
    const nowhere = `localhost:${await freePort()}`;
    await expect(room.promote({ destinationRepository: `${nowhere}/pp` })).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('connection refused'),
      hint: expect.stringContaining(`check the name ${nowhere}`),
    });
    await untouched();
  });

  it('keeps the other images that could be copied, and counts those that could not', async () => {
    const api = await pushImage(`${dev}/api:v1`);
    await room.built({ web: `${dev}/web:v1@${web}`, api: `${dev}/api:v1@${api}` });
    there.behave(always((asked) => isWrite(asked) && asked.path.includes('/web/'), { status: 403 }));
    await expect(room.promote()).rejects.toMatchObject({ kind: 'tool', why: expect.stringContaining('403') });
    await untouched();
    expect(await digestAt(`${pp}/api:v1`)).toBe(api);
    await room.promote();
    expect(room.printed.at(-2)).toContain('1 copied, 1 already there');
  });
});

describe('a tag at the destination', () => {
  it('that somebody takes while the image is copied is not taken back', async () => {
    let other = '';
    let taken = false;
    there.behave(({ method, path }) => {
      if (method === 'PUT' && path.includes('/manifests/') && !taken) {
        taken = true;
        return { delay: 1500 };
      }
      return undefined;
    });
    const promotion = room.promote();
    const late = expect(promotion).rejects.toMatchObject({ kind: 'refused', why: expect.stringContaining(web) });
    while (!taken) await new Promise((done) => setTimeout(done, 20));
    other = await pushImage(`${registry.host}/pp${count}/web:v1`);
    await late;
    expect(await digestAt(`${registry.host}/pp${count}/web:v1`)).toBe(other);
    expect(await room.read('promotion_result.json')).toBeUndefined();
  });
});

describe.each([
  ['a password', startPasswordRegistry],
  ['a token service', startTokenRegistry],
])('a registry with %s', (_, start) => {
  let locked: LocalRegistry;
  beforeAll(async () => {
    locked = await start();
  });
  afterAll(() => locked?.stop());
  const logins = async (withPassword: string) => {
    const dockerconfig = join(room.directory, 'docker');
    await mkdir(dockerconfig, { recursive: true });
    await writeFile(join(dockerconfig, '.dockerconfigjson'), dockerConfig(locked.host, withPassword));
    return dockerconfig;
  };

  it('takes the image with the right one', async () => {
    const dockerconfig = await logins(password);
    await room.promote({ destinationRepository: `${locked.host}/team`, dockerconfig });
    await room.promote({ destinationRepository: `${locked.host}/team`, dockerconfig });
    expect(room.printed.at(-2)).toContain('1 already there');
  });

  it.each([
    ['a wrong one', 'wr0ng-pw'],
    ['none', undefined],
  ])('refuses %s, which is not printed', async (_, wrong) => {
    const dockerconfig = wrong === undefined ? undefined : await logins(wrong);
    const promotion = room.promote({ destinationRepository: `${locked.host}/team`, dockerconfig });
    await expect(promotion).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('unauthorized'),
      hint: expect.stringContaining('--dockerconfig'),
    });
    await promotion.catch((error: Error) => expect(`${JSON.stringify(error)}${room.printed}`).not.toContain('wr0ng'));
  });
});
