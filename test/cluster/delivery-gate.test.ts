import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apply, places } from './command.js';
import { type HostOp, hostOp } from './host-op.js';
import {
  createNamespace,
  digest,
  dockerConfig,
  enter,
  kubectl,
  privateRegistryForPods,
  registryForPods,
} from './rig.js';
import { pushChart, pushShop, type ShopBuild, shopManifests, waitReady } from './shop.js';

let op: HostOp;
let namespace: string;
let repository: string;
let build: ShopBuild;

beforeAll(async () => {
  namespace = await createNamespace('gate');
  repository = `${registryForPods}/${namespace}/dev`;
  [op, build] = await Promise.all([hostOp(), pushShop(repository, 'v1', 'one'), pushChart(namespace)]);
  await op.write('build_result.json', build);
});
afterAll(async () => {
  await Promise.all([kubectl(['delete', 'namespace', namespace, '--wait=false']), op.dispose()]);
});

const helmTest = (...more: string[]) =>
  op.run(['helm-test', '--release=shop', `--namespace=${namespace}`, '--timeout=60s', ...more]);

test('helm tests pass, then fail with the log of the pod that failed, and pass again after the fix', async () => {
  await apply(shopManifests(build, namespace), namespace);
  await waitReady(namespace);
  const good = await helmTest('--debug');
  expect(good, good.printed).toMatchObject({ exitCode: 0 });
  expect(good.printed).toContain('api of one');

  await apply(shopManifests(build, namespace, { values: { test: { path: '/missing' } } }), namespace);
  await kubectl([
    'wait',
    '--for=jsonpath={.status.history[0].version}=2',
    'helmrelease/shop',
    `--namespace=${namespace}`,
  ]);
  await waitReady(namespace);
  const bad = await helmTest();
  expect(bad, bad.printed).toMatchObject({ exitCode: 6 });
  expect(bad.printed).toMatch(/shop-api-answers.*failed/iu);
  expect(bad.printed).toContain('404');

  await apply(shopManifests(build, namespace), namespace);
  await kubectl([
    'wait',
    '--for=jsonpath={.status.history[0].version}=3',
    'helmrelease/shop',
    `--namespace=${namespace}`,
  ]);
  await waitReady(namespace);
  expect(await helmTest()).toMatchObject({ exitCode: 0 });
});

/** Promotes from dev to pp; when it fails, nothing may look like a success. */
async function promote(to: string, ...more: string[]) {
  const repositories = { GOOGLE_GKE_IMAGE_REPOSITORY: repository, GOOGLE_GKE_IMAGE_PP_REPOSITORY: to };
  const insecure = [registryForPods, privateRegistryForPods, readOnlyHost].join(',');
  const ran = await op.run(
    ['promote-image', '--source=dev', '--destination=pp', `--insecure-registry=${insecure}`, '--timeout=60s', ...more],
    repositories,
  );
  const written = await stat(join(op.directory, 'build_result.pp.json')).then(
    () => true,
    () => false,
  );
  await rm(join(op.directory, 'build_result.pp.json'), { force: true });
  return { ...ran, written };
}

test('when the destination refuses the password, nothing is copied and nothing reports success', async () => {
  await op.write('wrong/config.json', dockerConfig().replace(/"auth":"[^"]*"/u, '"auth":"cm9ib3Q6d3Jvbmc="'));
  const to = `${privateRegistryForPods}/${namespace}/pp`;
  const bad = await promote(to, '--dockerconfig=wrong');
  expect(bad, bad.printed).toMatchObject({ exitCode: 4, written: false });
  expect(bad.printed).toMatch(/401|unauthorized|password/iu);

  await op.write('right/config.json', dockerConfig());
  const good = await promote(to, '--dockerconfig=right');
  expect(good, good.printed).toMatchObject({ exitCode: 0, written: true });
  expect(good.printed).not.toContain('robot-password');
  const again = await promote(to, '--dockerconfig=right');
  expect(again, again.printed).toMatchObject({ exitCode: 0, written: true });
  expect(again.printed).toMatch(/already/u);
});

test('a different image with the same tag in the destination is refused, and is not overwritten', async () => {
  const to = `${registryForPods}/${namespace}/taken`;
  const { builds } = await pushShop(to, 'v1', 'of somebody else');
  expect(await promote(to)).toMatchObject({ exitCode: 6, written: false });
  const [name = '', before] = builds[0].tag.split('@');
  expect(await digest(name)).toBe(before);
  expect(await promote(to, '--overwrite')).toMatchObject({ exitCode: 0, written: true });
  expect(await digest(name)).toBe(build.builds[0].tag.split('@')[1]);
});

const readOnlyHost = '172.30.0.1:5009';

test('a read-only destination fails with an explanation', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'read-only-'));
  const config = join(directory, 'registry.yml');
  await writeFile(
    config,
    `version: 0.1
storage: {filesystem: {rootdirectory: ${directory}/data}, maintenance: {readonly: {enabled: true}}}
http: {addr: "${readOnlyHost}"}
`,
  );
  const { network } = await places();
  const server = execa('nsenter', [`--net=${network}`, 'docker-registry', 'serve', config], { reject: false });
  try {
    await enter('bash', ['-c', 'until (exec 3<>/dev/tcp/172.30.0.1/5009) 2>/dev/null; do sleep 0.1; done']);
    const bad = await promote(`${readOnlyHost}/pp`);
    expect(bad, bad.printed).toMatchObject({ exitCode: 4, written: false });
    expect(bad.printed).toMatch(/405|read-only|unsupported|not allowed/iu);
  } finally {
    server.kill();
    await server;
    await rm(directory, { recursive: true });
  }
});
