import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDiskPair } from '../../../../test/op/disk-pair.js';
import { type HelmRepository, helm, startHelmRepository, writeChart } from '../../../../test/op/helm-repository.js';
import { makeCertificates } from '../../../../test/op/local-buildkitd.js';
import { type LocalRegistry, startPlainRegistry } from '../../../../test/op/local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from '../../../../test/op/mirror-sandbox.js';
import { registryTool } from '../../../../test/op/pushed-image.js';

let registry: LocalRegistry;
let charts: HelmRepository;
let sandbox: MirrorSandbox;
let count = 0;
let target: string;

beforeAll(async () => {
  [registry, charts] = await Promise.all([startPlainRegistry(), startHelmRepository()]);
  for (const version of ['1.0.0', '1.1.0', '2.0.0-rc.1', '1.1.1+build.5']) await charts.add('web', version);
  await charts.add('api', '0.3.0', { chart: 'appVersion: 1.20\nhome: https://api.example.com\n' });
});
afterAll(() => Promise.all([registry?.stop(), charts?.stop()]));
beforeEach(async () => {
  count += 1;
  target = `${registry.host}/site${count}`;
  sandbox = await createMirrorSandbox();
  charts.answerInstead(undefined);
  charts.asked.length = 0;
});
afterEach(() => sandbox.remove());

const file = (sources: string, more = '') =>
  sandbox.write('mirror.yaml', `version: 1\nname: charts\n${more}sources:\n${sources}`);
const source = (chart: string, tags: string, more = '') =>
  `  - from: { helm: '${charts.url}', charts: [${chart}] }\n    to: '${target}/{path}'\n    tags: ${tags}\n${more}`;
const archives = () => charts.asked.map(({ path }) => path).filter((path) => !path.endsWith('index.yaml'));
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
const manifestOf = async (name: string) => JSON.parse(await registryTool('crane', ['manifest', `${target}/${name}`]));

describe('charts of an HTTP Helm repository', () => {
  it('are copied by their versions, and helm pulls the identical archives', async () => {
    await file(source('web, api', "{ semver: '>=1 <2 || ^0.3', newest: 2 }"));
    const { images, totals } = await sandbox.run();
    expect(totals).toMatchObject({ copied: 3 });
    expect(images.map((one) => [one.source, one.destination])).toEqual([
      [`${charts.host}/stable/web:1.1.1_build.5`, `${target}/stable/web:1.1.1_build.5`],
      [`${charts.host}/stable/web:1.1.0`, `${target}/stable/web:1.1.0`],
      [`${charts.host}/stable/api:0.3.0`, `${target}/stable/api:0.3.0`],
    ]);
    for (const [name, version] of [
      ['web', '1.1.1+build.5'],
      ['api', '0.3.0'],
    ] as const) {
      await helm(sandbox.path, ['pull', `oci://${target}/stable/${name}`, '--version', version, '--plain-http']);
      const pulled = await readFile(join(sandbox.path, `${name}-${version}.tgz`));
      expect(pulled.equals(await readFile(join(charts.files, `${name}-${version}.tgz`)))).toBe(true);
    }
    const shown = await helm(sandbox.path, ['show', 'chart', `oci://${target}/stable/api`, '--plain-http']);
    expect(shown).toContain('home: https://api.example.com');
    expect(await sandbox.read('charts')).toBeUndefined();
    await sandbox.verify({ deep: true });
  });

  it('are not downloaded when nothing has changed, also with a new directory, and whoever pushed them', async () => {
    await file(source('web', '{ exact: [1.0.0, 1.1.0] }') + source('api', "{ regex: '.*' }"));
    await sandbox.run();
    charts.asked.length = 0;
    expect((await sandbox.run()).totals).toMatchObject({ unchanged: 3, copied: 0 });
    expect(charts.asked.map(({ path }) => path)).toEqual(['/stable/index.yaml']);

    // What op knows is lost, and helm has written one of them with a time of its own.
    const pushed = ['push', join(charts.files, 'web-1.0.0.tgz'), `oci://${target}/stable`, '--plain-http'];
    await helm(sandbox.path, pushed);
    await rm(join(sandbox.path, 'mirror', 'charts.json'));
    charts.asked.length = 0;
    expect((await sandbox.run({ deep: true })).totals).toMatchObject({ unchanged: 3, copied: 0 });
    expect((await sandbox.run()).totals).toMatchObject({ unchanged: 3, copied: 0 });
    expect(archives()).toEqual([]);
  });

  it('are planned, copied and verified in steps, and downloaded once', async () => {
    await file(source('api', "{ regex: '.*' }"));
    const { items } = await sandbox.resolve();
    expect(items).toMatchObject([
      {
        action: 'copy',
        chart: { repository: charts.url, url: `${charts.url}/api-0.3.0.tgz` },
        bytes: expect.any(Number),
      },
    ]);
    expect(archives()).toEqual(['/stable/api-0.3.0.tgz', '/stable/api-0.3.0.tgz.prov']);
    charts.asked.length = 0;
    await sandbox.copy();
    await sandbox.verify({ deep: true });
    // The provenance file is not kept.
    expect(archives()).toEqual(['/stable/api-0.3.0.tgz.prov']);
  });

  it('that get another archive under the same version are drift, and immutable tags never move', async () => {
    const own = await startHelmRepository();
    try {
      const from = `  - from: { helm: '${own.url}', charts: [web] }\n    to: '${target}/{name}'\n    tags: { regex: '.*' }\n`;
      await own.add('web', '1.0.0');
      await file(from);
      await sandbox.run();
      const before = await manifestOf('web:1.0.0');
      await own.add('web', '1.0.0', { chart: 'description: another\n' });
      await file(`${from}    immutableTags: ['\\d+\\.\\d+\\.\\d+']\n`);
      expect(await failed(sandbox.run())).toMatchObject({ kind: 'refused', why: expect.stringContaining('immutable') });
      expect(await manifestOf('web:1.0.0')).toEqual(before);
      await file(`${from}    drift: keep\n`);
      expect((await sandbox.run()).totals).toMatchObject({ drift: 1 });
      await file(from);
      expect((await sandbox.run()).totals).toMatchObject({ overwritten: 1 });
      expect(await manifestOf('web:1.0.0')).toMatchObject({
        annotations: { 'org.opencontainers.image.description': 'another' },
      });
    } finally {
      await own.stop();
    }
  });

  it('that are new are the only ones that are downloaded, and one that is gone is missing', async () => {
    const own = await startHelmRepository();
    try {
      const from = `  - from: { helm: '${own.url}/', charts: [web] }\n    to: '${target}/{name}'\n`;
      await own.add('web', '1.0.0');
      await file(`${from}    tags: { semver: '>=1' }\n`);
      await sandbox.run();
      await own.add('web', '1.1.0');
      own.asked.length = 0;
      expect((await sandbox.run()).totals).toMatchObject({ copied: 1, unchanged: 1 });
      expect(own.asked.map(({ path }) => path)).toEqual([
        '/stable/index.yaml',
        '/stable/web-1.1.0.tgz',
        '/stable/web-1.1.0.tgz.prov',
      ]);
      await file(`${from}    tags: { exact: [1.1.0, 9.0.0] }\n`);
      expect((await failed(sandbox.run())).why).toContain('web:9.0.0: missing: the source does not have it');
    } finally {
      await own.stop();
    }
  });

  it('have their provenance file as a layer, which helm pulls, but not one that is about another archive', async () => {
    const archive = await readFile(join(charts.files, 'api-0.3.0.tgz'));
    const provenance = (digest: string) =>
      `-----BEGIN PGP SIGNED MESSAGE-----\n\nname: api\n...\nfiles:\n  api-0.3.0.tgz: sha256:${digest}\n`;
    const path = join(charts.files, 'api-0.3.0.tgz.prov');
    try {
      const from = `  - from: { helm: '${charts.url}', charts: [api], provenance: required }\n    to: '${target}/{name}'\n    tags: { regex: '.*' }\n`;
      await file(from);
      expect((await failed(sandbox.run())).why).toContain('.prov is not there');
      await writeFile(path, provenance('a'.repeat(64)));
      expect((await failed(sandbox.run())).why).toContain('or is not about this archive');
      const text = provenance(createHash('sha256').update(archive).digest('hex'));
      await writeFile(path, text);
      await sandbox.run();
      await helm(sandbox.path, ['pull', `oci://${target}/api`, '--version', '0.3.0', '--plain-http', '--prov']);
      expect(await readFile(join(sandbox.path, 'api-0.3.0.tgz.prov'), 'utf8')).toBe(text);
      charts.asked.length = 0;
      expect((await sandbox.run()).totals).toMatchObject({ unchanged: 1 });
      expect(archives()).toEqual([]);
    } finally {
      await rm(path, { force: true });
    }
  });

  it('go by way of a disk, with the same digests, and what has not changed is not sent again', async () => {
    const pair = await createDiskPair();
    try {
      await pair.write(
        `version: 1\nname: charts\nsources:\n${source('web', "{ semver: '^1.1' }")}${source('api', '{ exact: [0.3.0] }')}`,
      );
      expect((await pair.send()).totals).toMatchObject({ copied: 3 });
      charts.asked.length = 0;
      expect((await pair.receive()).totals).toMatchObject({ copied: 3 });
      expect(charts.asked).toEqual([]);
      await helm(pair.receiver.path, [
        'pull',
        `oci://${target}/stable/web`,
        '--version',
        '1.1.1+build.5',
        '--plain-http',
      ]);
      const pulled = await readFile(join(pair.receiver.path, 'web-1.1.1+build.5.tgz'));
      expect(pulled.equals(await readFile(join(charts.files, 'web-1.1.1+build.5.tgz')))).toBe(true);
      expect((await pair.send()).totals).toMatchObject({ unchanged: 3 });
      expect(archives()).toEqual([]);
      // What goes from registry to registry is the same.
      await file(source('web', "{ semver: '^1.1' }"));
      expect((await sandbox.run()).totals).toMatchObject({ unchanged: 2 });
    } finally {
      await pair.remove();
    }
  });
});

describe('a Helm repository with credentials and a certificate of its own authority', () => {
  it('gets them, and nobody else does, whatever its index and its redirects say', async () => {
    const { ca, server } = makeCertificates(sandbox.path, 'charts');
    const own = await startHelmRepository({ tls: server, login: 'bob:s3cret-pw' });
    const elsewhere = await startHelmRepository({ tls: server });
    try {
      await own.add('web', '1.0.0');
      await own.add('api', '1.0.0');
      await elsewhere.add('web', '1.0.0');
      await writeFile(join(elsewhere.files, 'web-1.0.0.tgz'), await readFile(join(own.files, 'web-1.0.0.tgz')));
      await writeFile(join(elsewhere.files, 'api-1.0.0.tgz'), await readFile(join(own.files, 'api-1.0.0.tgz')));
      // Absolute, and elsewhere; the other one is redirected there.
      const absolute = `${elsewhere.url}/web-1.0.0.tgz`;
      await own.writeIndex((await own.readIndex()).replace('- web-1.0.0.tgz', `- ${absolute}`));
      own.answerInstead((path, answer) => {
        if (!path.includes('api-1.0.0.tgz')) return false;
        answer.writeHead(302, { location: `https://${elsewhere.host}${path}` }).end();
        return true;
      });
      const sources = `  - from: { helm: '${own.url}', charts: [web, api] }\n    to: '${target}/{name}'\n    tags: { regex: '.*' }\n`;
      const registries = (...more: string[]) =>
        `registries:\n  - { host: '${own.host}', ca: '${ca}', dockerconfig: secrets }\n${more.join('')}`;

      await file(sources);
      expect((await failed(sandbox.run({ pauses: [60_000] }))).why).toMatch(/cannot trust 127\.0\.0\.1:\d+/u);

      await mkdir(join(sandbox.path, 'secrets'));
      const login = (pass: string) =>
        JSON.stringify({ auths: { [own.host]: { auth: Buffer.from(`bob:${pass}`).toString('base64') } } });
      await sandbox.write('secrets/config.json', login('wr0ng-pw'));
      await file(sources, registries());
      const refused = await failed(sandbox.run());
      expect(refused.why).toContain('answered 401');
      expect(`${refused.why}${sandbox.printed.join('')}`).not.toContain('wr0ng-pw');

      await sandbox.write('secrets/config.json', login('s3cret-pw'));
      const lost = await failed(sandbox.run());
      expect(lost).toMatchObject({ kind: 'tool' });
      expect(lost.why).toContain(`name ${elsewhere.host} in registries if that is right`);
      expect(elsewhere.asked).toEqual([]);

      await file(sources, registries(`  - { host: '${elsewhere.host}', ca: '${ca}', dockerconfig: secrets }\n`));
      expect((await sandbox.run()).totals).toMatchObject({ copied: 2 });
      expect(elsewhere.asked.map(({ path }) => path).toSorted()).toEqual([
        '/stable/api-1.0.0.tgz',
        '/stable/api-1.0.0.tgz.prov',
        '/stable/web-1.0.0.tgz',
        '/stable/web-1.0.0.tgz.prov',
      ]);
      expect(elsewhere.asked.every(({ authorization }) => authorization === undefined)).toBe(true);
      expect(own.asked.some(({ authorization }) => authorization !== undefined)).toBe(true);
    } finally {
      await Promise.all([own.stop(), elsewhere.stop()]);
    }
  });

  it('without TLS is refused, unless the mirror file allows it', async () => {
    await file(
      `  - { from: { helm: 'http://charts.example.com/a', charts: [web] }, to: '${target}/web', tags: { regex: '.*' } }\n`,
    );
    expect(await failed(sandbox.run())).toMatchObject({
      kind: 'input',
      message: 'cannot read the Helm repository http://charts.example.com/a',
      why: expect.stringContaining('without TLS'),
    });
  });
});

describe('a Helm repository that cannot be trusted', () => {
  let own: HelmRepository;
  beforeEach(async () => {
    own = await startHelmRepository();
  });
  afterEach(() => own?.stop());

  const reason = async (): Promise<string> => {
    await file(
      `  - { from: { helm: '${own.url}', charts: [web] }, to: '${target}/{name}', tags: { regex: '.*', exclude: none } }\n`,
    );
    return (await failed(sandbox.run())).why;
  };
  const entry = (version: string, more: string) => `  - name: web\n    version: ${version}\n${more}`;
  const index = (...entries: string[]) => own.writeIndex(`apiVersion: v1\nentries:\n  web:\n${entries.join('')}`);
  const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
  /** An index with one chart, and its archive. */
  const serve = async (content: Buffer) => {
    await writeFile(join(own.files, 'web-1.0.0.tgz'), content);
    await index(entry('1.0.0', `    digest: ${sha256(content)}\n    urls: [web-1.0.0.tgz]\n`));
  };
  const tar = async (path: string, ...more: string[]): Promise<Buffer> => {
    const archive = join(sandbox.path, 'made.tgz');
    execFileSync('tar', ['-C', path, ...more, '-czf', archive, 'web']);
    return readFile(archive);
  };

  it.each([
    ['has other content than its digest', 'a'.repeat(64), 'index.yaml of the repository has aaaa'],
    ['has no digest', '', 'has no SHA-256 for 1.0.0'],
    ['has a digest of another form', 'md5:abcd', 'has no SHA-256 for 1.0.0'],
  ])('is not copied when an archive %s', async (_, digest, why) => {
    await own.add('web', '1.0.0');
    await own.writeIndex((await own.readIndex()).replace(/digest: .*/u, `digest: "${digest}"`));
    const said = await reason();
    expect(said).toContain(why);
    // No hint to try it again.
    expect(said).toContain(': missing: ');
    expect(await registryTool('crane', ['ls', `${target}/web`]).catch(() => '')).toBe('');
  });

  it('leaves out versions that are none, and refuses one that is there twice with different digests', async () => {
    const [one, other] = [`    digest: ${'a'.repeat(64)}\n`, `    digest: ${'b'.repeat(64)}\n`];
    const strange = ['../../etc', '1.0/2', '""', '[1]', '1.0.0_x', `1.0.0-${'x'.repeat(200)}`].map((version) =>
      entry(version, one),
    );
    await index(...strange, entry('1.0.0', one), entry('1.0.0', other));
    const why = await reason();
    expect(why).toContain('has 1.0.0 twice, with different digests');
    expect(why.split('\n')).toHaveLength(1);
  });

  it('that has archives in a registry, or with a user in the address, says so', async () => {
    const digest = `    digest: ${'a'.repeat(64)}\n`;
    await index(
      entry('1.0.0', `${digest}    urls: [oci://quay.io/acme/web:1.0.0]\n`),
      entry('1.1.0', `${digest}    urls: [https://ann:secret@example.com/web.tgz]\n`),
      entry('1.2.0', `${digest}    urls: ["file:///etc/passwd"]\n`),
      entry('1.3.0', digest),
    );
    const why = await reason();
    expect(why).toContain('has 1.0.0 in a registry: mirror it from there, with from: quay.io/acme/web');
    expect(why).toContain('gives a URL with a user for 1.1.0');
    expect(why).toContain('gives no http or https URL for 1.2.0');
    expect(why).toContain('does not say where the archive of 1.3.0 is');
    expect(why).not.toContain('secret@');
  });

  it.each([
    [
      'the metadata service of a cloud',
      'http://169.254.169.254/latest/web.tgz',
      'an address of this machine or of a private network',
    ],
    [
      'this machine, in another form',
      'https://[::ffff:7f00:1]:6443/web.tgz',
      'name [::ffff:7f00:1]:6443 in registries',
    ],
    ['a decimal address', 'http://2130706433/web.tgz', 'name 127.0.0.1 in registries'],
    ['a host without TLS', 'http://files.example.com/web.tgz', 'files.example.com would be asked without TLS'],
  ])('whose index leads to %s is not followed, nor when it redirects there', async (_, url, why) => {
    await own.add('web', '1.0.0');
    const content = await own.readIndex();
    await own.writeIndex(content.replace('- web-1.0.0.tgz', `- ${url}`));
    expect(await reason()).toContain(why);
    await own.writeIndex(content);
    own.answerInstead((path, answer) => {
      if (path.endsWith('.tgz')) answer.writeHead(307, { location: url }).end();
      return path.endsWith('.tgz');
    });
    expect(await reason()).toContain(why);
  });

  it('that redirects in a circle is given up', async () => {
    await own.add('web', '1.0.0');
    own.answerInstead((path, answer) => {
      if (path.endsWith('.tgz')) answer.writeHead(302, { location: path }).end();
      return path.endsWith('.tgz');
    });
    expect(await reason()).toContain('it redirects more than 10 times');
  });

  it.each([
    ['a page', '<html>not found</html>', 'it is no index of a Helm repository: it has no entries'],
    ['no such chart', 'apiVersion: v1\nentries:\n  api:\n  - version: 1.0.0\n', 'its index.yaml has no such chart'],
    ['broken JSON', '{ "entries": {', 'it is JSON without an object "entries"'],
    ['no YAML', 'entries:\n  web:\n  - version: [1\n', 'what it says of web is not YAML'],
    [
      'a bomb of aliases',
      `entries:\n  web:\n  - a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 9 }, (_, level) => `    a${level + 1}: &a${level + 1} [${Array(10).fill(`*a${level}`).join(', ')}]\n`).join('')}`,
      'what it says of web is too large when its anchors are followed',
    ],
    [
      'brackets without end',
      `entries:\n  web:\n  - a: ${'{a: '.repeat(9_000)}\n`,
      'what it says of web is nested too deep',
    ],
  ])('with %s as its index is named, and nothing is copied', async (_, content, why) => {
    await own.writeIndex(content);
    const start = Date.now();
    expect(await reason()).toContain(why);
    expect(Date.now() - start).toBeLessThan(20_000);
  });

  it('that sends an index without end is not read further than 32 MiB, and one that is not there is not waited for', async () => {
    own.answerInstead((path, answer) => {
      if (!path.endsWith('index.yaml')) return false;
      const more = () => {
        while (answer.write('x'.repeat(64 * 1024)));
        answer.once('drain', more);
      };
      more();
      return true;
    });
    expect(await reason()).toContain('it sent more than 33554432 bytes');
    own.answerInstead(undefined);
    expect(await reason()).toContain('index.yaml: it is not there');
  });

  it.each([
    [
      'another name',
      'name: api\nversion: 1.0.0\n',
      'its Chart.yaml is that of api 1.0.0, and index.yaml has it as web 1.0.0',
    ],
    ['another version', 'name: web\nversion: 1.0.1\n', 'is that of web 1.0.1'],
    ['no YAML', '[', 'of its Chart.yaml is not YAML'],
    ['a list where a text belongs', 'name: [web]\n', 'in its Chart.yaml: name is not a text'],
  ])('is not copied when Chart.yaml has %s', async (_, content, why) => {
    await writeChart(join(sandbox.path, 'odd', 'web'), 'web', '1.0.0', { files: { 'Chart.yaml': content } });
    await serve(await tar(join(sandbox.path, 'odd')));
    expect(await reason()).toContain(why);
  });

  it('is not copied when an archive is no chart: a link, a bomb, a path outside, two of one name, cut off, no archive', async () => {
    const path = join(sandbox.path, 'odd');
    await writeChart(join(path, 'web'), 'web', '1.0.0', {});
    const good = await tar(path);
    await writeFile(join(path, 'web', 'zeros'), Buffer.alloc(6 * 1024 * 1024));
    await serve(await tar(path));
    expect(await reason()).toContain('a file of it has more than 5242880 bytes');

    await rm(join(path, 'web', 'zeros'));
    for (let at = 0; at < 30; at++) await writeFile(join(path, 'web', `zeros${at}`), Buffer.alloc(4 * 1024 * 1024));
    await serve(await tar(path));
    expect(await reason()).toContain('it has more than 104857600 bytes when it is unpacked');
    for (let at = 0; at < 30; at++) await rm(join(path, 'web', `zeros${at}`));

    await serve(await tar(path, '--transform=s,values.yaml,../../values.yaml,', '-P'));
    expect(await reason()).toContain('a file of it is outside of the folder of the chart');
    await serve(await tar(path, '--transform=s,values.yaml,Chart.yaml,'));
    expect(await reason()).toContain('it has Chart.yaml twice');
    await serve(good.subarray(0, good.length - 40));
    expect(await reason()).toContain('cannot be unpacked');
    await serve(gzipSync(gunzipSync(good).subarray(0, 700)));
    expect(await reason()).toContain('its archive ends in the middle');
    await serve(gzipSync('no tar'));
    expect(await reason()).toContain('its archive ends in the middle');
    await serve(Buffer.from('no archive'));
    expect(await reason()).toContain('cannot be unpacked');

    await rm(join(path, 'web', 'Chart.yaml'));
    await symlink('/etc/passwd', join(path, 'web', 'Chart.yaml'));
    await serve(await tar(path));
    expect(await reason()).toContain('its Chart.yaml is not a file');
    await rm(join(path, 'web', 'Chart.yaml'));
    await serve(await tar(path));
    expect(await reason()).toContain('it has no Chart.yaml');
    expect(await registryTool('crane', ['ls', `${target}/web`]).catch(() => '')).toBe('');
  });

  it('that breaks off, or is busy, is asked again', async () => {
    await own.add('web', '1.0.0');
    const seen = new Set<string>();
    own.answerInstead((path, answer) => {
      if (seen.has(path)) return false;
      seen.add(path);
      if (path.endsWith('.tgz')) {
        answer.writeHead(200, { 'content-length': '5000' }).write('half of it');
        setTimeout(() => answer.destroy(), 50);
      } else answer.writeHead(503).end();
      return true;
    });
    await file(`  - { from: { helm: '${own.url}', charts: [web] }, to: '${target}/{name}', tags: { regex: '.*' } }\n`);
    expect((await sandbox.run()).totals).toMatchObject({ copied: 1 });
    expect(seen.size).toBe(3);
  });
});
