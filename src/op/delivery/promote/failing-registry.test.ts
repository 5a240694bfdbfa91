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
import { createPromoteSandbox, type PromoteSandbox } from '../../../../test/op/promote-sandbox.js';
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
let sandbox: PromoteSandbox;
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
  sandbox = await createPromoteSandbox({ dev, pp });
  await sandbox.built({ web: `${dev}/web:v1@${web}` });
  here.calm();
});
afterEach(() => sandbox.remove());

const digestAt = (reference: string) => registryTool('crane', ['digest', reference]).catch(() => undefined);
const isBlob = ({ path }: Asked) => /\/blobs\/sha256:/u.test(path);
const isUpload = ({ method, path }: Asked) => method === 'PUT' && path.includes('/blobs/uploads/');
const isWrite = ({ method }: Asked) => method !== 'GET' && method !== 'HEAD';
const always = (applies: (asked: Asked) => boolean, failure: Trouble) => (asked: Asked) =>
  applies(asked) ? failure : undefined;

async function untouched(): Promise<void> {
  here.calm();
  there.calm();
  expect(await digestAt(`${pp}/web:v1`)).toBeUndefined();
  expect(await sandbox.read('promotion_result.json')).toBeUndefined();
  expect(await sandbox.read('build_result.pp.json')).toBeUndefined();
}

describe('a registry that fails temporarily', () => {
  it.each<readonly [name: string, where: 'source' | 'destination', rule: (asked: Asked) => Trouble | undefined]>([
    [
      'asks to wait a second (429, Retry-After)',
      'destination',
      firstTimes(2, () => true, { status: 429, headers: { 'retry-after': '1' } }),
    ],
    ['limits requests (429)', 'source', firstTimes(4, () => true, { status: 429 })],
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
    await sandbox.promote({ pauses: [10, 10, 10, 10, 10, 10, 10] });
    there.calm();
    expect(await digestAt(`${pp}/web:v1`)).toBe(web);
  });

  it('does not send blobs again that arrived before the failure', async () => {
    there.behave(always(({ method, path }) => method === 'PUT' && path.includes('/manifests/'), { status: 500 }));
    await expect(sandbox.promote({ pauses: [] })).rejects.toMatchObject({ kind: 'tool' });
    there.calm();
    here.calm();
    await sandbox.promote();
    expect(there.requests.filter(isUpload)).toEqual([]);
    expect(here.requests.filter(isBlob)).toEqual([]);
  });
});

describe('a registry that fails permanently', () => {
  it.each<readonly [name: string, failure: Trouble, why: string, hint: string]>([
    [
      'is read-only (405)',
      { status: 405, body: '{"errors":[{"code":"UNSUPPORTED","message":"read-only"}]}' },
      '405',
      'is read-only',
    ],
    [
      'forbids writes (403)',
      { status: 403, body: '{"errors":[{"code":"DENIED","message":"no"}]}' },
      '403',
      'credentials that may push',
    ],
    ['answers 500 to writes', { status: 500 }, '500', 'run the same command again later'],
    ['cuts every upload', { cutUploadAfter: 1000 }, '', 'run the same command again later'],
  ])('%s: the error says so, and no result is written', async (_, failure, why, hint) => {
    there.behave(always(isWrite, failure));
    await expect(sandbox.promote({ pauses: [10] })).rejects.toMatchObject({
      kind: 'tool',
      message: expect.stringContaining(`cannot copy ${dev}/web:v1@${web} to ${pp}/web:v1`),
      why: expect.stringContaining(why),
      hint: expect.stringContaining(hint),
    });
    await untouched();
  });

  it('never answers: the deadline stops the promotion', async () => {
    there.behave(always(() => true, { delay: 60_000 }));
    await expect(sandbox.promote({ timeout: 1500 })).rejects.toMatchObject({
      kind: 'deadline',
      message: 'the promotion to pp timed out after 1.5 s',
    });
    await untouched();
  });

  it('asks to wait for an hour: the deadline stops the promotion', async () => {
    there.behave(always(() => true, { status: 429, headers: { 'retry-after': '3600' } }));
    await expect(sandbox.promote({ timeout: 1500 })).rejects.toMatchObject({ kind: 'deadline' });
    await untouched();
  });

  it('cannot be reached', async () => {
    const nowhere = `localhost:${await freePort()}`;
    await expect(sandbox.promote({ destinationRepository: `${nowhere}/pp` })).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('ECONNREFUSED'),
      hint: expect.stringContaining(`check the name ${nowhere}`),
    });
    await untouched();
  });

  it('does not stop the other images: they are copied, and the next run skips them', async () => {
    const api = await pushImage(`${dev}/api:v1`);
    await sandbox.built({ web: `${dev}/web:v1@${web}`, api: `${dev}/api:v1@${api}` });
    there.behave(always((asked) => isWrite(asked) && asked.path.includes('/web/'), { status: 403 }));
    await expect(sandbox.promote()).rejects.toMatchObject({ kind: 'tool', why: expect.stringContaining('403') });
    await untouched();
    expect(await digestAt(`${pp}/api:v1`)).toBe(api);
    await sandbox.promote();
    expect(sandbox.printed.at(-2)).toContain('1 copied, 1 already there');
  });
});

describe('a tag at the destination', () => {
  it('that is given to another image during the copy is left unchanged', async () => {
    let other = '';
    let taken = false;
    there.behave(({ method, path }) => {
      if (method === 'PUT' && path.includes('/blobs/') && !taken) {
        taken = true;
        return { delay: 1500 };
      }
      return undefined;
    });
    const promotion = sandbox.promote();
    const late = expect(promotion).rejects.toMatchObject({ kind: 'refused', why: expect.stringContaining(web) });
    while (!taken) await new Promise((done) => setTimeout(done, 20));
    other = await pushImage(`${registry.host}/pp${count}/web:v1`);
    await late;
    expect(await digestAt(`${registry.host}/pp${count}/web:v1`)).toBe(other);
    expect(await sandbox.read('promotion_result.json')).toBeUndefined();
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
    const dockerconfig = join(sandbox.path, 'docker');
    await mkdir(dockerconfig, { recursive: true });
    await writeFile(join(dockerconfig, '.dockerconfigjson'), dockerConfig(locked.host, withPassword));
    return dockerconfig;
  };

  it('accepts the image with the right one', async () => {
    const dockerconfig = await logins(password);
    await sandbox.promote({ destinationRepository: `${locked.host}/team`, dockerconfig });
    await sandbox.promote({ destinationRepository: `${locked.host}/team`, dockerconfig });
    expect(sandbox.printed.at(-2)).toContain('1 already there');
  });

  it('accepts the image with that of the repository alone, as crane does', async () => {
    const logins = join(sandbox.path, 'logins');
    await mkdir(logins, { recursive: true });
    const of = (host: string, pass: string) => JSON.parse(dockerConfig(host, pass)).auths;
    const auths = { ...of(locked.host, 'wr0ng-pw'), ...of(`${locked.host}/team/own/web`, password) };
    await writeFile(join(logins, 'config.json'), JSON.stringify({ auths }));
    const peer = ['copy', `${dev}/web:v1`, `${locked.host}/team/own/web:peer`];
    await registryTool('crane', peer, '', logins);
    await sandbox.promote({ destinationRepository: `${locked.host}/team/own`, dockerconfig: logins });
    expect(await registryTool('crane', ['digest', `${locked.host}/team/own/web:v1`], '', logins)).toBe(web);
  });

  it.each([
    ['a wrong one', 'wr0ng-pw'],
    ['none', undefined],
  ])('refuses %s, which is not printed', async (_, wrong) => {
    const dockerconfig = wrong === undefined ? undefined : await logins(wrong);
    const promotion = sandbox.promote({ destinationRepository: `${locked.host}/team`, dockerconfig });
    await expect(promotion).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringMatching(/unauthorized|answered 40[13]/iu),
      hint: expect.stringContaining('--dockerconfig'),
    });
    await promotion.catch((error: Error) =>
      expect(`${JSON.stringify(error)}${sandbox.printed}`).not.toContain('wr0ng'),
    );
  });
});
