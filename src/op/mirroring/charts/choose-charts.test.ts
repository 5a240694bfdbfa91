import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDiskPair } from '../../../../test/op/disk-pair.js';
import { type HelmRepository, startHelmRepository } from '../../../../test/op/helm-repository.js';
import { makeCertificates } from '../../../../test/op/local-buildkitd.js';
import { startProxy } from '../../../../test/op/local-proxy.js';
import { dockerConfig, type LocalRegistry, startDeletingRegistry } from '../../../../test/op/local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from '../../../../test/op/mirror-sandbox.js';
import { registryTool } from '../../../../test/op/pushed-image.js';

let registry: LocalRegistry;
let charts: HelmRepository;
let sandbox: MirrorSandbox;
let count = 0;
let target: string;
/** Milliseconds that the clock is ahead. */
let ahead = 0;

beforeAll(async () => {
  registry = await startDeletingRegistry();
});
afterAll(() => registry?.stop());
beforeEach(async () => {
  count += 1;
  ahead = 0;
  target = `${registry.host}/site${count}`;
  charts = await startHelmRepository();
  await charts.add('web', '1.0.0');
  await charts.add('api', '0.3.0');
  sandbox = await createMirrorSandbox('', () => new Date(Date.now() + ahead));
});
afterEach(() => Promise.all([charts.stop(), sandbox.remove()]));

const mirrorOf = (chosen: string, tags: string, more = '') =>
  `version: 1\nname: charts\n${more}sources:\n  - { from: { helm: '${charts.url}', charts: ${chosen} }, to: '${target}/{name}', tags: ${tags} }\n`;
const file = (chosen: string, tags: string, more = '') => sandbox.write('mirror.yaml', mirrorOf(chosen, tags, more));
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
const isThere = (name: string) =>
  registryTool('crane', ['digest', `${target}/${name}`]).then(
    () => true,
    () => false,
  );
const archiveOf = async (name: string) =>
  `sha256:${createHash('sha256')
    .update(await readFile(join(charts.files, `${name}.tgz`)))
    .digest('hex')}`;

describe('all charts of a repository', () => {
  it('are copied, also those that are added later, and one whose name no registry takes is named', async () => {
    await file('all', "{ semver: '>=0.1', newest: 1 }");
    expect((await sandbox.run()).images.map((one) => one.source)).toEqual([
      `${charts.host}/stable/api:0.3.0`,
      `${charts.host}/stable/web:1.0.0`,
    ]);
    await charts.add('db', '2.0.0-rc.1');
    await charts.add('web', '1.1.0');
    // The only version of db is a pre-release: not each chart must have one that is selected.
    expect((await sandbox.run()).totals).toMatchObject({ copied: 1, unchanged: 1 });
    expect(sandbox.printed.join('')).not.toContain('selects no image');

    await charts.writeIndex(
      (await charts.readIndex()).replace('entries:\n', 'entries:\n  Up/Case:\n  - version: 1.0.0\n'),
    );
    const error = await failed(sandbox.run());
    expect(error).toMatchObject({ kind: 'tool', message: 'not mirrored: 1 of 3 images; the others are' });
    expect(error.why).toContain(`${charts.host}/stable/Up/Case: not listed: registries take no chart of this name`);
    const entries = Array.from({ length: 10_001 }, (_, index) => `  chart-${index}:\n  - version: 1.0.0\n`);
    await charts.writeIndex(`apiVersion: v1\nentries:\n${entries.join('')}`);
    expect((await failed(sandbox.run())).why).toContain('its index.yaml has 10001, and the limit is 10000');
    await charts.writeIndex('apiVersion: v1\nentries:\n  Up/Case:\n  - version: 1.0.0\n');
    await file('all', "{ semver: '>=9' }");
    expect(await failed(sandbox.run())).toMatchObject({ kind: 'tool' });
    expect(sandbox.printed.join('')).toContain(`(${charts.host}/stable/*) selects no image`);
  });

  it('go by way of a disk, and stay on it while their index cannot be read', async () => {
    const pair = await createDiskPair();
    try {
      await pair.write(mirrorOf('all', "{ regex: '.*' }", 'run: { retries: 0 }\n'));
      expect((await pair.send()).totals).toMatchObject({ copied: 2 });
      expect((await pair.receive()).totals).toMatchObject({ copied: 2 });
      expect(await isThere('api:0.3.0')).toBe(true);
      charts.answerInstead((_, answer) => {
        answer.writeHead(500).end();
        return true;
      });
      await failed(pair.send());
      charts.answerInstead(undefined);
      expect((await pair.send()).totals).toMatchObject({ unchanged: 2 });
      expect(await readdir(join(pair.disk, 'segments'))).toEqual(['000001']);
    } finally {
      await pair.remove();
    }
  });
});

describe('a version that is pinned by the SHA-256 of its archive', () => {
  it('is copied if the index has it, and is missing with the reason if the index has another', async () => {
    const archive = await archiveOf('web-1.0.0');
    await file('[web]', `{ exact: ['1.0.0@${archive}'] }`);
    expect((await sandbox.run()).totals).toMatchObject({ copied: 1 });
    await charts.add('web', '1.0.0', { chart: 'description: another\n' });
    const error = await failed(sandbox.run());
    expect(error.why).toContain(
      `web:1.0.0: missing: index.yaml of its repository has ${await archiveOf('web-1.0.0')} for it, and the mirror file ${archive}`,
    );
  });

  it('is not taken from a disk that has another archive', async () => {
    const pair = await createDiskPair();
    try {
      await pair.write(mirrorOf('[web]', `{ exact: ['1.0.0@${await archiveOf('web-1.0.0')}'] }`));
      await pair.send();
      expect((await pair.receive()).totals).toMatchObject({ copied: 1 });
      const other = `sha256:${'a'.repeat(64)}`;
      await pair.receiver.write('mirror.yaml', mirrorOf('[web]', `{ exact: ['1.0.0@${other}'] }`));
      const error = await failed(pair.receive());
      expect(error).toMatchObject({ kind: 'refused', why: `its archive there is not ${other}` });
    } finally {
      await pair.remove();
    }
  });
});

describe('an index that has not changed', () => {
  it('is not sent again, and is read anew when what is kept of it is damaged', async () => {
    await file('[web]', "{ regex: '.*' }");
    const statuses = async () => {
      charts.asked.length = 0;
      await sandbox.run();
      return charts.asked.filter(({ path }) => path.endsWith('index.yaml')).map(({ status }) => status);
    };
    expect(await statuses()).toEqual([200]);
    expect(await statuses()).toEqual([304]);
    await charts.add('web', '1.1.0');
    expect(await statuses()).toEqual([200]);
    expect(await isThere('web:1.1.0')).toBe(true);
    const folder = join(sandbox.path, 'mirror', 'chart-indexes');
    const [kept = ''] = await readdir(folder);
    await writeFile(join(folder, kept), (await readFile(join(folder, kept), 'utf8')).slice(0, -10));
    expect(await statuses()).toEqual([200]);
    expect(await statuses()).toEqual([304]);

    // What is kept of other repositories is removed.
    await file(`[web], provenance: required`, '{ exact: [9.9.9] }');
    await writeFile(join(folder, `${'0'.repeat(64)}.yaml`), 'x');
    await failed(sandbox.run());
    expect(await readdir(folder)).toEqual([kept]);
  });
});

describe('op mirror prune', () => {
  it('deletes charts that are not selected any more, and no others', async () => {
    await charts.add('web', '1.1.0');
    const keep = 'prune: { keep: { days: 7 } }\n';
    await file('[web, api]', "{ regex: '.*' }", keep);
    await sandbox.run();
    await file('[web]', "{ semver: '>=1', newest: 1 }", keep);
    await sandbox.run();
    ahead = 8 * 24 * 3_600_000;
    const { items } = await sandbox.prune({ delete: true });
    expect(items.map(({ destination, action }) => [destination, action]).toSorted()).toEqual([
      [`${target}/api:0.3.0`, 'deleted'],
      [`${target}/web:1.0.0`, 'deleted'],
    ]);
    expect(await Promise.all(['web:1.1.0', 'web:1.0.0', 'api:0.3.0'].map(isThere))).toEqual([true, false, false]);
  });
});

describe('a Helm repository behind an HTTP proxy', () => {
  const portOf = ({ host }: HelmRepository) => Number(host.split(':')[1]);

  it('is reached by CONNECT with TLS, and its password is not seen by the proxy', async () => {
    const { ca, server } = makeCertificates(sandbox.path, 'charts');
    const own = await startHelmRepository({ tls: server, login: 'bob:s3cret-pw' });
    const proxy = await startProxy({ 'charts.proxied.test': portOf(own) });
    const behind = await createMirrorSandbox('', undefined, { HTTPS_PROXY: proxy.url });
    try {
      await own.add('web', '1.0.0');
      await behind.write('config.json', dockerConfig('charts.proxied.test', 's3cret-pw'));
      await behind.write(
        'mirror.yaml',
        `version: 1\nregistries: [{ host: charts.proxied.test, ca: '${ca}', dockerconfig: . }]\nsources: [{ from: { helm: 'https://charts.proxied.test/stable', charts: all }, to: '${target}/{name}', tags: { regex: '.*' } }]\n`,
      );
      expect((await behind.run()).totals).toMatchObject({ copied: 1 });
      expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT charts.proxied.test:443']));
      expect(proxy.sent()).not.toContain(Buffer.from('bob:s3cret-pw').toString('base64'));
    } finally {
      await Promise.all([own.stop(), proxy.stop(), behind.remove()]);
    }
  });

  it('without TLS is asked by way of the proxy, but for a password, which the proxy could read', async () => {
    const proxy = await startProxy({ 'charts.proxied.test': portOf(charts) });
    const behind = await createMirrorSandbox('', undefined, { HTTP_PROXY: proxy.url });
    try {
      const mirror = (more: string) =>
        `version: 1\nregistries: [{ host: charts.proxied.test, insecure: true${more} }]\nsources: [{ from: { helm: 'http://charts.proxied.test/stable', charts: [web] }, to: '${target}/{name}', tags: { regex: '.*' } }]\n`;
      await behind.write('mirror.yaml', mirror(''));
      expect((await behind.run()).totals).toMatchObject({ copied: 1 });
      expect(proxy.asked[0]).toBe('GET http://charts.proxied.test/stable/index.yaml');
      await behind.write('config.json', dockerConfig('charts.proxied.test', 's3cret-pw'));
      await behind.write('mirror.yaml', mirror(', dockerconfig: .'));
      const error = await failed(behind.run());
      expect(error.why).toMatch(/cannot send credentials to charts\.proxied\.test: .*the proxy .* could read them/u);
      expect(proxy.headers.every(({ authorization }) => authorization === undefined)).toBe(true);
    } finally {
      await Promise.all([proxy.stop(), behind.remove()]);
    }
  });
});
