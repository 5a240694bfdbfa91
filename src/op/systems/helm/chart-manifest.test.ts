import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChartParts, helm, writeChart } from '../../../../test/op/helm-repository.js';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { registryTool } from '../../../../test/op/pushed-image.js';
import { packChart } from './chart-manifest.js';
import { readChart } from './read-chart.js';

let registry: LocalRegistry;
let home: string;

beforeAll(async () => {
  registry = await startRegistry();
  home = await mkdtemp(join(tmpdir(), 'helm-push-'));
});
afterAll(async () => {
  await registry?.stop();
  await rm(home, { recursive: true, force: true });
});

const everything = `description: |
  Web, with <angle> brackets & "quotes",\ttabs and a zero width\u200bspace
home: https://web.example.com/?a=1&b=2
icon: https://web.example.com/icon.svg
sources: [https://git.example.com/web, https://git.example.com/other]
keywords: [web, on, 1.50, 0x10, ~, 'yes']
maintainers:
  - { name: Ann Ötzi, email: ann@example.com, url: https://ann.example.com }
  - { name: Bob }
  - email: cy@example.com
appVersion: 1.20
kubeVersion: ">=1.28.0-0"
deprecated: true
type: application
annotations:
  zeta: "last"
  '10': ten
  '9': nine
  artifacthub.io/images: |
    - name: web
      image: quay.io/acme/web:v1 # <here>
  org.opencontainers.image.title: not this one
  org.opencontainers.image.url: https://replaced.example.com
  flag: true
  number: 1234567.5
dependencies:
  - name: redis
    version: "~17"
    repository: https://charts.example.com
    condition: redis.enabled
    tags: [back, end]
    alias: store
    import-values:
      - child: default.data
        parent: imported
      - data
  - { name: local, version: 1, repository: "" }
unknown: { field: 1 }
`;

const charts: readonly (readonly [what: string, version: string, parts: ChartParts])[] = [
  ['nothing but a name', '0.1.0', {}],
  ['everything', '1.2.3', { chart: everything }],
  ['a version with a plus', '1.0.0+build.7', { chart: 'appVersion: "7"\n' }],
  ['capital letters in names of fields', '2.0.0', { chart: 'AppVersion: v7\nDescription: text\n' }],
  ['anchors', '2.1.0', { chart: 'description: &d same text\nhome: *d\nannotations: &a { one: two }\n' }],
  ['dates and numbers', '2.2.0', { chart: 'appVersion: 2024-03-13\nicon: 1_000\nhome: 010\ntags: .5\n' }],
  ['folded texts', '2.3.0', { chart: 'description: one\n  two\n\n  three\nhome: >-\n  a\n  b\nicon: "a\\\n  b"\n' }],
];

describe('the manifest of a chart', () => {
  it.each(charts)(
    'with %s has the configuration, the layer and the annotations of helm push',
    async (_, version, parts) => {
      const path = join(home, `of-${version}`, 'web');
      await writeChart(path, 'web', version, parts);
      // Not helm package: it would write Chart.yaml anew.
      const archive = join(home, `web-${version}.tgz`);
      execFileSync('tar', ['-C', join(path, '..'), '-czf', archive, 'web']);
      await compareWithHelm(archive, 'web', version);
    },
  );

  it('of an older chart has the dependencies of its requirements.yaml', async () => {
    const path = join(home, 'older', 'web');
    await writeChart(path, 'web', '3.0.0', {
      files: {
        'Chart.yaml': 'name: web\nversion: 3.0.0\n',
        'requirements.yaml':
          'dependencies:\n- { name: redis, version: 1.x, repository: "https://charts.example.com" }\n',
      },
    });
    const archive = join(home, 'web-3.0.0.tgz');
    execFileSync('tar', ['-C', join(path, '..'), '-czf', archive, 'web']);
    const { config } = await compareWithHelm(archive, 'web', '3.0.0');
    expect(JSON.parse(config.toString())).toMatchObject({ apiVersion: 'v1', dependencies: [{ name: 'redis' }] });
  });

  it('of a chart that helm packaged is that of helm, with its provenance file as a layer', async () => {
    const path = join(home, 'packaged', 'web');
    await writeChart(path, 'web', '4.0.0', { chart: everything.split('dependencies:')[0] ?? '' });
    await helm(home, ['package', path, '--destination', home]);
    const provenance = Buffer.from('-----BEGIN PGP SIGNED MESSAGE-----\nabout it\n');
    await writeFile(join(home, 'web-4.0.0.tgz.prov'), provenance);
    await compareWithHelm(join(home, 'web-4.0.0.tgz'), 'web', '4.0.0', provenance);
  });

  it('does not depend on when or where the archive was downloaded', async () => {
    const chart = await readChart(join(home, 'web-4.0.0.tgz'));
    const created = JSON.parse((await pack(join(home, 'web-4.0.0.tgz'))).manifest.bytes.toString()).annotations[
      'org.opencontainers.image.created'
    ];
    expect(created).toBe(new Date(chart.writtenAt * 1000).toISOString().replace('.000', ''));
  });
});

async function pack(archive: string, provenance?: Buffer) {
  const digest = `sha256:${createHash('sha256')
    .update(await readFile(archive))
    .digest('hex')}`;
  const { size } = await stat(archive);
  return packChart(await readChart(archive), { digest, size }, provenance);
}

/** The manifest that helm pushes is ours, but for the time. */
async function compareWithHelm(archive: string, name: string, version: string, provenance?: Buffer) {
  await helm(home, ['push', archive, `oci://${registry.host}/charts`, '--plain-http']);
  const reference = `${registry.host}/charts/${name}:${version.replaceAll('+', '_')}`;
  const text = await registryTool('crane', ['manifest', reference]);
  const ours = await pack(archive, provenance);
  const { digest } = JSON.parse(text).config;
  expect(ours.config.toString()).toBe(
    await registryTool('crane', ['blob', `${registry.host}/charts/${name}@${digest}`]),
  );
  const made = ours.manifest.bytes.toString();
  const created = /"org\.opencontainers\.image\.created":"[^"]*"/u;
  expect(created.exec(made)?.[0]).toMatch(/:"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"$/u);
  expect(made.replace(created, '')).toBe(text.replace(created, ''));
  return ours;
}
