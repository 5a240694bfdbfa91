import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';

it('in a pod, a properties file that can be written decides nothing about rights, with or without .git', async () => {
  const room = await mkdtemp(join(tmpdir(), 'pod-properties-'));
  await writeFile(join(room, 'x.properties'), 'SKAFFOLD_INSECURE_REGISTRY=registry.test\n');
  const config = (mount: '--bind' | '--ro-bind', env: Readonly<Record<string, string>>) =>
    execa(
      'bwrap',
      [
        ...['--ro-bind', '/', '/', '--dev', '/dev', mount, room, '/mnt', '--'],
        ...[process.execPath, '--import', 'tsx', join(process.cwd(), 'src/op/main.ts')],
        ...['config', '--config=/mnt/x.properties'],
      ],
      { env, reject: false },
    );
  const pod = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };
  const [written, bound, laptop] = [
    await config('--bind', pod),
    await config('--ro-bind', pod),
    await config('--bind', {}),
  ];
  expect(written.exitCode).toBe(6);
  expect(written.stderr).toContain('sets SKAFFOLD_INSECURE_REGISTRY, and the file can be written in this pod');
  for (const ended of [bound, laptop]) expect(ended.stdout).toMatch(/SKAFFOLD_INSECURE_REGISTRY .*registry\.test/u);
  await rm(room, { recursive: true });
});
