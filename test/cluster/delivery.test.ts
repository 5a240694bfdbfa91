import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { places } from './command.js';
import { createFleet, edge, type Fleet, removeFleet, runningDigests } from './fleet.js';
import { type HostOp, hostOp } from './host-op.js';
import { credentials, digest } from './rig.js';
import { pushShop, type ShopBuild } from './shop.js';

let fleet: Fleet;
let op: HostOp;
let build: ShopBuild;

beforeAll(async () => {
  [fleet, op] = await Promise.all([createFleet('flow'), hostOp()]);
  build = await pushShop(fleet.repositoryOf('dev'), 'v1', 'one');
  await op.write('build_result.json', build);
  await op.write('environments.yaml', fleet.environments);
  await op.write('git/username', credentials.username);
  await op.write('git/password', credentials.password);
});
afterAll(async () => {
  await Promise.all([removeFleet(fleet), op.dispose()]);
});

/** Runs op and expects it to succeed. */
async function must(...args: string[]): Promise<string> {
  const { exitCode, printed } = await op.run(args);
  expect(exitCode, printed).toBe(0);
  return printed;
}

const insecure = '--insecure-registry=172.30.0.1:5000';
const setImage = (environment: string) => must('set-image', `--environment=${environment}`, '--basic-auth=git');
const watch = (environment: string) =>
  must('watch-deployment', `--environment=${environment}`, '--timeout=90s', insecure);
const helmTest = (environment: string) => must('helm-test', `--environment=${environment}`, '--timeout=60s', '--debug');
const promote = (source: string, destination: string) =>
  must('promote-image', `--source=${source}`, `--destination=${destination}`, insecure);

const digests = () => build.builds.map(({ tag }) => tag.split('@')[1] ?? '').sort();

test('the shop goes from dev to pp to prod by digest, through Git and Flux, with its helm tests between', async () => {
  let before: string | undefined;
  for (const environment of ['dev', 'pp', 'prod']) {
    if (before !== undefined) await promote(before, environment);
    await setImage(environment);
    await watch(environment);
    expect(await runningDigests(fleet, environment)).toEqual(digests());
    expect(await helmTest(environment)).toContain('api of one');
    before = environment;
  }
  const moved = build.builds.map(({ tag }) => tag.replace(fleet.repositoryOf('dev'), fleet.repositoryOf('prod')));
  const promoted: ShopBuild = JSON.parse(await readFile(join(op.directory, 'build_result.prod.json'), 'utf8'));
  expect(promoted.builds.map(({ tag }) => tag)).toEqual(moved);
  for (const [name = '', wanted] of moved.map((tag) => tag.split('@'))) expect(await digest(name)).toBe(wanted);
});

test('the same again changes nothing, and reports that', async () => {
  const head = async () => (await execa('git', ['-C', fleet.git.path, 'rev-parse', 'main'])).stdout;
  const commit = await head();
  expect(await promote('dev', 'pp')).toMatch(/already/u);
  await setImage('pp');
  await watch('pp');
  expect(await head()).toBe(commit);
});

test('an order that skips an environment is refused', async () => {
  const { exitCode, printed } = await op.run(['promote-image', '--source=dev', '--destination=prod', insecure]);
  expect(exitCode, printed).toBe(6);
});

test('a cluster without Helm runs plain manifests, reached with its own kubeconfig', async () => {
  const far = await createFleet('edge', edge);
  try {
    const { kubeconfig } = await places();
    await op.write('edge/environments.yaml', far.environments);
    await op.write('edge/kubeconfigs/edge.yaml', await readFile(kubeconfig, 'utf8'));
    await op.write('edge/build_result.json', await pushShop(far.repositoryOf('edge'), 'v1', 'far'));
    const here = ['--environment=edge', '--environments=edge/environments.yaml', '--kubeconfigs=edge/kubeconfigs'];
    const asked = [...here, '--build-result=edge/build_result.json'];
    await must('set-image', ...asked, '--basic-auth=git');
    expect(await must('watch-deployment', ...asked, '--timeout=90s', insecure)).toMatch(
      /Kustomization .* runs 2 images/u,
    );
    expect(await must('helm-test', ...here)).toMatch(/none/u);
  } finally {
    await removeFleet(far);
  }
});
