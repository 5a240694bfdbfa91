/** What op says in a pod, where nobody types a command. */
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { startRegistry } from '../../../test/op/local-registry.js';
import { bundledOp } from '../../../test/op/run-op.js';
import { makeSampleRepository } from '../../../test/op/sample-repository.js';
import { withTools } from '../../../test/tools.js';

const pod = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };

test('a pod that is stopped is told what may have stopped it: the kubelet does the same for each', async () => {
  await using op = { ...(await bundledOp()), [Symbol.asyncDispose]: () => op.dispose() };
  const repository = await makeSampleRepository({ 'build-image.sh': '#!/bin/sh\necho builder runs\nexec sleep 60\n' });
  try {
    const build = ['build-push', '--debug', '--default-repo=localhost:1/shop', '--timeout=50s'];
    const stopped = async (env: Readonly<Record<string, string>>) => {
      const child = execa('node', [op.file, ...build], {
        cwd: repository.directory,
        env: { ...withTools(['skaffold', 'crane', 'git']), HOME: op.home, TMPDIR: op.temporary, ...env },
        extendEnv: false,
        reject: false,
        forceKillAfterDelay: false,
      });
      child.stderr.on('data', (chunk) => String(chunk).includes('commit ') && child.kill('SIGTERM'));
      const { exitCode, stderr } = await child;
      return [exitCode, ...stderr.trim().split('\n').slice(-3)];
    };
    const why = '  why: a time limit of the run, a cancelled run, or a deleted pod';
    const lines = ['stopped by SIGTERM', why, '  do:  see which with: tkn taskrun describe NAME'];
    expect(await stopped(pod)).toEqual([143, ...lines]);
    expect((await stopped({})).at(-1)).toBe('stopped by SIGTERM');
  } finally {
    await repository.remove();
  }
});

test('a step, in a pod or of op local, is told the params for the flags of an error, and no next command; a person is told the command', async () => {
  await using op = { ...(await bundledOp()), [Symbol.asyncDispose]: () => op.dispose() };
  await using registry = { ...(await startRegistry()), [Symbol.asyncDispose]: () => registry.stop() };
  const repository = await makeSampleRepository();
  try {
    const build = ['build-push', `--default-repo=${registry.host}/shop`];
    const inPod = await op.run(repository.directory, build, pod);
    expect([inPod.exitCode, inPod.stderr.trim().split('\n').at(-1)]).toEqual([
      0,
      `done: 2 images in ${registry.host}/shop, listed in build_result.json`,
    ]);
    const locally = await op.run(repository.directory, build, { OP_LOCAL: 'true' });
    expect(locally.stderr).toMatch(/nothing to build: 2 images in .*, listed in build_result\.json\n?$/u);
    expect((await op.run(repository.directory, build)).stderr).toMatch(/; next: op publish .*$/u);

    const missing = [...build, '--skaffold-file=none.yaml'];
    const said = 'in a Task: the param directory, the param skaffold-file';
    const failed = await op.run(repository.directory, missing, pod);
    expect([failed.exitCode, failed.stderr.trim().split('\n').at(-1)]).toEqual([3, `       ${said}`]);
    expect((await op.run(repository.directory, missing, { OP_LOCAL: 'true' })).stderr).toContain(said);
    expect((await op.run(repository.directory, missing)).stderr).not.toContain('in a Task');
  } finally {
    await repository.remove();
  }
});
