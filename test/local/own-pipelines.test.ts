/** The Pipeline and the Task of `dist/` that a delivery starts with, on this machine: a real git server, registries and tools, no cluster. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type GitHost, startGitHost } from '../op/git-host.js';
import { type LocalRegistry, startRegistry } from '../op/local-registry.js';
import { bundledOp, type Op } from '../op/run-op.js';
import { withTools } from '../tools.js';
import { makeHome } from './local-run.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(project, 'dist');

let op: Op;
let dev: LocalRegistry;
let prod: LocalRegistry;
let host: GitHost;
let url: string;
let commit: string;

beforeAll(async () => {
  op = await bundledOp(['crane', 'git', 'bwrap']);
  [dev, prod] = await Promise.all([startRegistry(), startRegistry()]);
  host = await startGitHost();
  const hosted = await host.repository('shop.git');
  await cp(join(project, 'examples/sample-app'), hosted.workingCopy, { recursive: true });
  commit = await hosted.commit('The shop');
  url = hosted.url;
});
afterAll(async () => {
  await host.stop();
  await Promise.all([dev.stop(), prod.stop()]);
  await op.dispose();
});

const digestOf = async (image: string) => {
  const { PATH } = withTools(['crane']);
  return (await execa('crane', ['digest', '--insecure', image], { env: { PATH } })).stdout;
};

test('build-push publishes into a directory, and promote-image takes the images from there by digest', async () => {
  await using home = await makeHome();
  const start = (...args: readonly string[]) =>
    op.run(home.path, ['local', 'start', ...args, `--file=${dist}`, `--state=${home.path}`]);
  const build = [
    ...['build-push', '-p', `url=${url}`, '-p', `repository=${dev.host}/shop`],
    ...['-w', 'name=source,volumeClaimTemplate='],
  ];

  const built = await start(...build);
  expect([built.exitCode, built.stderr]).toEqual([0, expect.stringContaining('Tasks Completed: 2 (Failed: 0')]);
  const store = join(home.path, 'store');
  expect(built.stderr).toContain(`no cluster here: op keeps image info and locks in ${store}`);
  const info = parse(await readFile(join(store, 'config-maps/image-info-web.yaml'), 'utf8'));
  const tag = commit.slice(0, 7);
  const digest = await digestOf(`${dev.host}/shop/web:${tag}`);
  expect(info).toMatchObject({
    kind: 'ConfigMap',
    data: { 'image-digest': digest, 'git-revision': commit, 'image-url': `${dev.host}/shop/web:${tag}` },
  });

  const again = await start(...build);
  expect([again.exitCode, again.stdout]).toEqual([
    0,
    expect.stringContaining('nothing to publish: already up to date'),
  ]);

  await using config = await makeHome();
  const environments = [
    { name: 'dev', repository: `${dev.host}/shop` },
    { name: 'prod', repository: `${prod.host}/shop` },
  ];
  await writeFile(join(config.path, 'environments.yaml'), JSON.stringify({ environments }));
  const promoted = await start(
    ...['promote-image', '-p', 'environment=prod', '-p', 'from=dev', '-p', 'from-image-info=true'],
    ...['-w', 'name=source,emptyDir=', '-w', `name=environments,config=${config.path}`],
  );
  expect([promoted.exitCode, promoted.stdout]).toEqual([0, expect.stringContaining('promoted 2 images to prod')]);
  expect(await digestOf(`${prod.host}/shop/web:${tag}`)).toBe(digest);
}, 120_000);

test('the store can be named, and one that is no directory lets nothing start', async () => {
  await using home = await makeHome();
  const args = ['local', 'start', 'build-push', `--file=${dist}`, `--state=${home.path}`, '-p', `url=${url}`];
  const more = ['-p', 'repository=localhost:1/shop', '-w', 'name=source,volumeClaimTemplate=', '--dry-run'];
  const named = await op.run(home.path, [...args, ...more, '--store=directory:elsewhere']);
  expect([named.exitCode, named.stdout]).toEqual([0, expect.stringContaining(join(home.path, 'elsewhere'))]);
  const cluster = await op.run(home.path, [...args, ...more], { OP_STORE: 'cluster' });
  expect([cluster.exitCode, cluster.stderr]).toEqual([
    3,
    expect.stringContaining('serviceAccountToken: op publish would write to a cluster; let it write to a directory'),
  ]);
});

test('deliver is refused before anything starts, because it watches a cluster', async () => {
  await using home = await makeHome();
  const args = ['local', 'start', 'deliver', `--file=${dist}`, `--state=${home.path}`, '-p', `url=${url}`];
  const { exitCode, stderr } = await op.run(home.path, [
    ...args,
    ...['-p', 'repository=localhost:1/shop', '-w', 'name=source,volumeClaimTemplate='],
  ]);
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('op watch-deployment asks a cluster')]);
});
