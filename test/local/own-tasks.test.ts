import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitHost, startGitHost } from '../op/git-host.js';
import { type LocalRegistry, startRegistry } from '../op/local-registry.js';
import { bundledOp, type Op } from '../op/run-op.js';
import { makeSampleRepository } from '../op/sample-repository.js';
import { withTools } from '../tools.js';
import { makeHome } from './local-run.js';

const dist = join(import.meta.dirname, '../../dist');
let op: Op;
let registry: LocalRegistry;
let host: GitHost;
let url = '';

beforeAll(async () => {
  op = await bundledOp();
  registry = await startRegistry();
  host = await startGitHost();
  const sample = await makeSampleRepository();
  const hosted = await host.repository('shop.git');
  await cp(sample.directory, hosted.workingCopy, { recursive: true, filter: (path) => !path.endsWith('/.git') });
  await hosted.commit('first');
  url = hosted.url;
  await sample.remove();
});
afterAll(async () => {
  await host.stop();
  await registry.stop();
  await op.dispose();
});

const params = () => [
  `--param=url=${url}`,
  `--param=repository=${registry.host}/shop`,
  `--param=insecure-registries=${registry.host}`,
  '--workspace=name=source,volumeClaimTemplate=',
];

test('the Task clone-build-push of dist/ builds and pushes a repository on this machine', async () => {
  await using home = await makeHome();
  const args = ['local', 'start', 'clone-build-push', `--file=${dist}`, ...params(), `--state=${home.path}`];
  const { exitCode, stdout, stderr } = await op.run(home.path, args);
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('All Steps have completed executing')]);
  expect(stdout).toContain('[clone-build-push : clone] cloned: ');
  const [, digest = ''] = /IMAGE_DIGEST=(sha256:[0-9a-f]{64})/u.exec(stderr) ?? [];
  const { PATH } = withTools(['crane']);
  const image = `${registry.host}/shop/team_app@${digest}`;
  expect((await execa('crane', ['digest', '--insecure', image], { env: { PATH } })).stdout).toBe(digest);
}, 120_000);

test('the Task check-delivery of dist/ refuses an until that is no environment, and names those that are', async () => {
  await using home = await makeHome();
  await using config = await makeHome();
  const environments = ['dev', 'pp', 'prod'].map((name) => ({ name, repository: `r.example/${name}` }));
  await writeFile(join(config.path, 'environments.yaml'), JSON.stringify({ environments }));
  const check = (until: string) =>
    op.run(home.path, [
      ...['local', 'start', 'check-delivery', `--file=${dist}`, `--state=${home.path}`, '-p', 'through=dev,pp,prod'],
      ...['-p', `until=${until}`, '-p', 'repository=r.example/dev', '-w', `name=environments,config=${config.path}`],
    ]);
  const right = await check('pp');
  expect([right.exitCode, right.stdout]).toEqual([0, expect.stringContaining('route: dev -> pp -> prod, until pp')]);
  const wrong = await check('prd');
  expect(wrong.exitCode).not.toBe(0);
  expect(wrong.stderr).toContain('"step-check" exited with code 3');
  expect(wrong.stdout.split('\n').slice(0, 3)).toEqual([
    '[check-delivery : check] error: nothing is delivered until "prd"',
    '[check-delivery : check]   why: the environments of this delivery are dev, pp, prod',
    '[check-delivery : check]   do:  set until to one of dev, pp, prod: the last environment to deliver to',
  ]);
}, 120_000);

test('the same Tasks in a Pipeline hand a commit and a digest on', async () => {
  await using home = await makeHome();
  const pass = ['url', 'repository', 'insecure-registries'].map((name) => ({ name, value: `$(params.${name})` }));
  const pipeline = {
    apiVersion: 'tekton.dev/v1',
    kind: 'Pipeline',
    metadata: { name: 'build' },
    spec: {
      params: pass.map(({ name }) => ({ name, type: 'string' })),
      workspaces: [{ name: 'source' }],
      // Of the list: the first test pushed the images of this commit, so this run may find them.
      results: [{ name: 'digest', value: '$(tasks.build.results.LIST_DIGEST)' }],
      tasks: [
        {
          name: 'clone',
          taskRef: { name: 'git-clone' },
          params: pass.slice(0, 1),
          workspaces: [{ name: 'source', workspace: 'source' }],
        },
        {
          name: 'build',
          taskRef: { name: 'build-push' },
          runAfter: ['clone'],
          params: pass.slice(1),
          workspaces: [{ name: 'source', workspace: 'source' }],
        },
      ],
    },
  };
  await writeFile(join(home.path, 'build.yaml'), JSON.stringify(pipeline));
  const { exitCode, stderr } = await op.run(home.path, [
    'local',
    'start',
    'build.yaml',
    `--file=${dist}`,
    ...params(),
    `--state=${home.path}`,
  ]);
  expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/digest=sha256:[0-9a-f]{64}/u)]);
  expect(stderr).toContain('Tasks Completed: 2 (Failed: 0, Cancelled 0), Skipped: 0');
}, 120_000);
