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
  host = await startGitHost({ 'http.receivepack': 'true' });
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

/** A whole log, with names for what differs from run to run, and without the spaces of tables. */
const shown = (stdout: string, state: string): readonly string[] =>
  logOf(stdout).map((line) =>
    line
      .replaceAll(host.url, 'GIT')
      .replaceAll(dev.host, 'DEV')
      .replaceAll(prod.host, 'PROD')
      .replaceAll(state, 'STATE')
      .replaceAll(/sha256:[0-9a-f]{64}/gu, 'DIGEST')
      .replaceAll(/\b[0-9a-f]{40}\b/gu, 'COMMIT')
      .replaceAll(commit.slice(0, 7), 'SHORT')
      .replaceAll(/\b[0-9a-f]{12}\b/gu, 'HEX')
      .replaceAll(/\b\d+(?:\.\d+)? s\b/gu, 'N s')
      .replaceAll(/\b\d+(?:\.\d+)? B\b/gu, 'N B')
      .replaceAll(/ {2,}/gu, '  '),
  );

/** Lines that are too wide, but for the command at their end. */
const wide = (stdout: string) =>
  logOf(stdout).filter((line) => line.replace(/; (?:next|see it with): .*$/u, '').length > 160);

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
  const table = (how: string, time: string) => [
    '[build : build-push] IMAGE  TAG  DIGEST  SIZE  ENGINE  HOW  TIME',
    `[build : build-push] web  DEV/shop/web:SHORT  HEX  N B  skaffold  ${how}  ${time}`,
    `[build : build-push] team/api  DEV/shop/team_api:SHORT  HEX  N B  skaffold  ${how}  ${time}`,
  ];
  const cloned = [
    '[build : clone] clone GIT/shop.git at its default branch into /source/source',
    '[build : clone] fetch main',
    '[build : clone] cloned: COMMIT "The shop" in N s',
    '[build : build-push] building the images of skaffold.yaml in /source/source, pushing to DEV/shop (--default-repo)',
    '[build : build-push] commit COMMIT',
  ];
  const listed = 'listed in source/build_result.json';
  const look = 'cat STATE/store/config-maps/image-info-web.yaml STATE/store/config-maps/image-info-team-api.yaml';
  expect(shown(built.stdout, home.path)).toEqual([
    ...cloned,
    '[build : build-push] building 2 images: DEV/shop/web:SHORT is not in the registry',
    ...table('built', 'N s'),
    `[build : build-push] done: 2 images in DEV/shop, ${listed}`,
    '[build : record] record 2 images of /source/build_result.json: 2 built, 0 reused',
    '[publish : publish] publish 2 images of /source/build_result.json to the directory STATE/store',
    `[publish : publish] published 2 of 2; see it with: ${look}`,
  ]);
  expect(wide(built.stdout)).toEqual([]);
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
  expect([again.exitCode, shown(again.stdout, home.path)]).toEqual([
    0,
    [
      ...cloned,
      '[build : build-push] already built: DEV/shop/web:SHORT@DIGEST',
      '[build : build-push] already built: DEV/shop/team_api:SHORT@DIGEST',
      ...table('reused (same commit)', '-'),
      `[build : build-push] nothing to build: 2 images in DEV/shop, ${listed}`,
      '[build : record] record 2 images of /source/build_result.json: 0 built, 2 reused',
      '[publish : publish] publish 2 images of /source/build_result.json to the directory STATE/store',
      `[publish : publish] nothing to publish: already up to date; see it with: ${look}`,
    ],
  ]);
  expect(wide(again.stdout)).toEqual([]);

  await using config = await makeHome();
  const fleet = await host.repository('private/fleet.git');
  await fleet.commit('Manifests', { 'prod/shop.yaml': 'spec:\n  web: ""\n  api: ""\n' });
  const set = ['web', 'team/api'].map((image) => ({
    ...{ file: 'prod/shop.yaml', path: `spec.${image.replace('team/', '')}`, image },
  }));
  const environments = [
    { name: 'dev', repository: `${dev.host}/shop` },
    { name: 'prod', repository: `${prod.host}/shop`, manifests: { repository: fleet.url, set } },
  ];
  await writeFile(join(config.path, 'environments.yaml'), JSON.stringify({ environments }));
  const deliver = (task: string, params: readonly string[], more: readonly string[] = []) =>
    start(
      ...[task, '-p', 'environment=prod', ...params.flatMap((param) => ['-p', param]), ...more],
      ...['-w', 'name=source,claimName=proven', '-w', `name=environments,config=${config.path}`],
    );
  const promoted = await deliver('promote-image', ['from=dev', 'from-image-info=true']);
  expect([promoted.exitCode, shown(promoted.stdout, home.path)]).toEqual([
    0,
    [
      '[promote-image : promote] promote 2 images from dev (DEV/shop) to prod (PROD/shop)',
      '[promote-image : promote] promoted 2 images to prod in N s: 2 copied',
    ],
  ]);
  expect(await digestOf(`${prod.host}/shop/web:${tag}`)).toBe(digest);
  await using secret = await makeHome();
  for (const [key, value] of Object.entries({ username: 'robot', password: 's3cret-pw' })) {
    await writeFile(join(secret.path, key), value);
  }
  const login = ['-w', `name=basic-auth,secret=${secret.path}`];
  const written = await deliver('set-image', ['build-result=build_result.prod.json'], login);
  expect([written.exitCode, shown(written.stdout, home.path)]).toEqual([
    0,
    [
      '[set-image : set-image] set team/api, web for prod in main of GIT/private/fleet.git',
      `[set-image : set-image] warning: the password is sent to ${host.url.slice('http://'.length)} over http://, without encryption`,
      '[set-image : set-image] pushed COMMIT to main: 2 values in 1 file, in N s',
    ],
  ]);
}, 240_000);

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
