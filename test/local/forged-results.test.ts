import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitHost, startGitHost } from '../op/git-host.js';
import { type LocalRegistry, startRegistry } from '../op/local-registry.js';
import { bundledOp, type Op } from '../op/run-op.js';
import { makeHome } from './local-run.js';

const dist = join(import.meta.dirname, '../../dist');
let op: Op;
let registry: LocalRegistry;
let host: GitHost;

beforeAll(async () => {
  op = await bundledOp(['crane', 'git']);
  registry = await startRegistry();
  host = await startGitHost();
});
afterAll(async () => {
  await host.stop();
  await registry.stop();
  await op.dispose();
});

test.each(['clone-build-push', 'build-push'])(
  'what the code of a repository writes as results of the Task %s is none of them, also when its step fails',
  async (task) => {
    await using home = await makeHome();
    const hosted = await host.repository(`forger-${task}.git`);
    const names = ['IMAGES', 'IMAGE_URL', 'IMAGE_DIGEST', 'LIST_DIGEST', 'CHAINS-GIT_URL', 'CHAINS-GIT_COMMIT'];
    await hosted.commit('first', {
      'skaffold.yaml': JSON.stringify({
        apiVersion: 'skaffold/v4beta13',
        kind: 'Config',
        build: { artifacts: [{ image: 'web', custom: { buildCommand: 'sh forge.sh' } }] },
      }),
      'forge.sh': `${names.map((name) => `printf forged >/tekton/results/${name}`).join('\n')}\nexit 1\n`,
    });
    await cp(hosted.workingCopy, join(home.path, 'workspace/source'), { recursive: true });
    const { exitCode, stdout, stderr } = await op.run(home.path, [
      ...['local', 'start', task, `--file=${join(dist, `task-${task}.yaml`)}`, `--state=${home.path}/state`],
      ...[`--param=repository=${registry.host}/forger`, `--param=insecure-registries=${registry.host}`],
      ...(task === 'clone-build-push' ? [`--param=url=${hosted.url}`] : []),
      '--workspace=source=workspace',
    ]);
    expect([exitCode, stdout]).toEqual([4, expect.stringContaining('building web failed')]);
    expect(stderr).not.toContain('forged');
  },
  120_000,
);
