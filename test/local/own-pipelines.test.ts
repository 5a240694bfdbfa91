/** The Pipeline and the Task of `dist/` that a delivery starts with, on this machine: a real git server, registries and tools, no cluster. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { TerminationMessage } from '../../src/local/task-run/results.js';
import { containersOfPod } from '../../src/op/kit/results/message.js';
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

/** The lines of steps. */
const logOf = (stdout: string): readonly string[] => stdout.split('\n').filter((line) => line.startsWith('['));

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

test('more images than the results of a TaskRun hold are built, published and promoted from their list', async () => {
  await using home = await makeHome();
  const names = Array.from({ length: 36 }, (_, index) => `service-${String(index).padStart(2, '0')}`);
  const hosted = await host.repository('services.git');
  const artifacts = names.map((image) => ({
    ...{ image, context: '.' },
    custom: { buildCommand: `sh build/image.sh ${image}`, dependencies: { paths: ['build', image] } },
  }));
  await hosted.commit('Many services', {
    'skaffold.yaml': stringify({ apiVersion: 'skaffold/v4beta13', kind: 'Config', build: { artifacts } }),
    'build/image.sh': await readFile(join(project, 'examples/sample-app/build/image.sh'), 'utf8'),
    ...Object.fromEntries(names.map((name) => [`${name}/name.txt`, name])),
  });
  const start = (...args: readonly string[]) =>
    op.run(home.path, ['local', 'start', ...args, `--file=${dist}`, `--state=${home.path}`]);
  const build = [
    ...['build-push', '-p', `url=${hosted.url}`, '-p', `repository=${dev.host}/services`],
    ...['-w', 'name=source,volumeClaimTemplate='],
  ];
  const built = await start(...build);
  expect([built.exitCode, built.stderr]).toEqual([0, expect.stringContaining('Tasks Completed: 2 (Failed: 0')]);
  // Decided before anything is built, and said again by the step that gives the results.
  const tooMany = 'images are more than the results of a TaskRun hold: IMAGES stays empty';
  const lines = logOf(built.stdout);
  expect(lines.map((line) => line.replace(/^.*?\] /u, '')).filter((line) => line.includes(tooMany))).toHaveLength(2);
  expect(lines.findIndex((line) => line.includes(tooMany))).toBeLessThan(
    lines.findIndex((line) => line.includes('building 36 images')),
  );
  expect(built.stderr).toMatch(/^IMAGES=$/mu);
  const last = `${dev.host}/services/service-35`;
  const [, image = '', tag = ''] = /^IMAGE_URL=(.*):(.*)$/mu.exec(built.stderr) ?? [];
  expect([image, /^IMAGE_DIGEST=(.*)$/mu.exec(built.stderr)?.[1]]).toEqual([last, await digestOf(`${last}:${tag}`)]);
  // What does not fit is lost on a cluster and here, where the limit is that of the kubelet: all results of the TaskRun, with these in it.
  const all = await Promise.all(
    names.map(
      async (name) => `${dev.host}/services/${name}:${tag}@${await digestOf(`${dev.host}/services/${name}:${tag}`)}`,
    ),
  );
  const entries = [{ key: 'IMAGES', value: all.join(','), type: 4 as const }];
  const message = new TerminationMessage();
  message.add(entries);
  expect(message.read(containersOfPod)).toEqual([]);
  expect(lines.at(-1)).toMatch(/published 36 of 36; see the first with: cat \S+image-info-service-00\.yaml$/u);

  // Nothing is built again: what was only found is told by its places.
  const again = await start(...build);
  expect([again.exitCode, again.stderr]).toEqual([0, expect.stringMatching(/^IMAGES=\nREUSED_IMAGES=#1-36$/mu)]);

  await using config = await makeHome();
  const environments = ['dev', 'prod'].map((name) => ({
    name,
    repository: `${name === 'dev' ? dev.host : prod.host}/services`,
  }));
  await writeFile(join(config.path, 'environments.yaml'), JSON.stringify({ environments }));
  const promoted = await start(
    ...['promote-image', '-p', 'environment=prod', '-p', 'from=dev', '-p', 'from-image-info=true'],
    ...['-w', 'name=source,emptyDir=', '-w', `name=environments,config=${config.path}`],
  );
  expect([promoted.exitCode, promoted.stdout]).toEqual([0, expect.stringContaining('promoted 36 images to prod')]);
  expect(promoted.stdout).toContain('warning: PROMOTED is empty: too long for the results of a TaskRun');
  expect(await digestOf(`${prod.host}/services/service-07:${tag}`)).toBe(
    await digestOf(`${dev.host}/services/service-07:${tag}`),
  );
}, 240_000);

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
