import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../../test/op/local-buildkitd.js';
import {
  dockerConfig,
  type LocalRegistry,
  password,
  startPasswordRegistry,
  startReferrersRegistry,
  startRegistry,
  startTokenRegistry,
} from '../../../test/op/local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from '../../../test/op/mirror-sandbox.js';
import { attach, pushImage } from '../../../test/op/pushed-image.js';
import { signByTag } from '../../../test/op/pushed-signature.js';

let source: LocalRegistry;
let sandbox: MirrorSandbox;

beforeAll(async () => {
  source = await startRegistry();
  const image = `${source.host}/hub/web@${await pushImage(`${source.host}/hub/web:v1`, 100_000)}`;
  await attach(image, 'application/x.signature');
  await signByTag(image, ['one']);
});
afterAll(() => source?.stop());
beforeEach(async () => {
  sandbox = await createMirrorSandbox();
});
afterEach(() => sandbox.remove());

const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
const file = (target: string, registries = '') =>
  sandbox.write(
    'mirror.yaml',
    `version: 1\n${registries}sources: [{ from: '${source.host}/hub/web:v1', to: '${target}', referrers: { copy: all } }]\n`,
  );

describe('a registry with credentials', () => {
  it.each([
    ['checks the password itself', startPasswordRegistry, 'web'],
    ['has a token service, and does not say which repositories there are', startTokenRegistry, 'team/web'],
  ])('%s: images are copied with those of the mirror file, and not with wrong ones', async (_, start, path) => {
    const target = await start();
    try {
      await file(`${target.host}/${path}`, `registries: [{ host: '${target.host}', dockerconfig: secrets/site }]\n`);
      await mkdir(join(sandbox.path, 'secrets/site'), { recursive: true });
      await sandbox.write('secrets/site/.dockerconfigjson', dockerConfig(target.host, 'wr0ng-pw'));
      const error = await failed(sandbox.run());
      expect(error.kind).toBe('tool');
      expect(error.why).toMatch(/answered 40[13]/u);
      expect(`${error.why}${sandbox.printed.join('')}`).not.toContain('wr0ng-pw');

      await sandbox.write('secrets/site/.dockerconfigjson', dockerConfig(target.host, password));
      expect((await sandbox.run()).images).toMatchObject([{ outcome: 'copied', referrers: 2 }]);
      expect((await sandbox.run({ deep: true })).totals).toMatchObject({ unchanged: 1 });
    } finally {
      await target.stop();
    }
  });
});

describe('a registry with a certificate of its own authority', () => {
  it('is trusted with ca, not checked with insecure, and otherwise refused without another attempt', async () => {
    const { ca, server } = makeCertificates(sandbox.path, 'site');
    const target = await startReferrersRegistry(server);
    try {
      const host = target.host.replace('localhost', '127.0.0.1');
      await file(`${host}/web`);
      const start = Date.now();
      const error = await failed(sandbox.run({ pauses: [60_000] }));
      expect(error.why).toMatch(/cannot trust 127\.0\.0\.1:\d+: .*certificate/u);
      expect(Date.now() - start).toBeLessThan(30_000);
      await file(`${host}/web`, `registries: [{ host: '${host}', ca: '${ca}' }]\n`);
      expect((await sandbox.run()).totals).toMatchObject({ copied: 1 });
      await file(`${host}/other`, `registries: [{ host: '${host}', insecure: true }]\n`);
      expect((await sandbox.run()).totals).toMatchObject({ copied: 1 });
      await file(`${host}/web`, `registries: [{ host: '${host}', ca: mirror.yaml }]\n`);
      expect(await failed(sandbox.run())).toMatchObject({ kind: 'input' });
    } finally {
      await target.stop();
    }
  });

  it('whose certificate has expired is refused with the reason, without another attempt, although its authority is trusted', async () => {
    const { ca, server } = makeCertificates(sandbox.path, 'expired', 0);
    const target = await startReferrersRegistry(server);
    try {
      const host = target.host.replace('localhost', '127.0.0.1');
      await file(`${host}/web`, `registries: [{ host: '${host}', ca: '${ca}' }]\n`);
      const start = Date.now();
      const error = await failed(sandbox.run({ pauses: [60_000] }));
      expect(error).toMatchObject({ kind: 'tool', message: 'nothing is copied: no image could be compared' });
      expect(error.why).toMatch(/cannot trust 127\.0\.0\.1:\d+: certificate has expired/u);
      expect(Date.now() - start).toBeLessThan(30_000);
    } finally {
      await target.stop();
    }
  });
});
