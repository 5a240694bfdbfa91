import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let registry: LocalRegistry;
let repository: SampleRepository;
const crane = (...args: string[]) =>
  execFileSync('crane', args, {
    env: withTools(['crane']),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

beforeAll(async () => {
  op = await bundledOp(['skaffold', 'crane', 'git', 'go']);
  registry = await startRegistry();
  const base = `${registry.host}/base:1`;
  const layer = join(op.home, 'layer.tar');
  await writeFile(join(op.home, 'etc'), 'a base image\n');
  execFileSync('tar', ['-C', op.home, '-cf', layer, 'etc']);
  crane(
    'mutate',
    '--set-platform=linux/amd64',
    `--tag=${base}`,
    crane('append', '--oci-empty-base', `--new_layer=${layer}`, `--new_tag=${base}`),
  );
  repository = await makeSampleRepository({
    'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: hello
      context: hello
      ko: {fromImage: "${base}"}
`,
    'hello/go.mod': 'module example.com/hello\n\ngo 1.21\n',
    'hello/main.go': 'package main\n\nfunc main() { println("hello") }\n',
  });
});
afterAll(() => Promise.all([op.dispose(), registry.stop(), repository.remove()]));

it('builds and pushes a Go program with ko, without a Docker daemon, where Go is installed', async () => {
  const env = { GOFLAGS: '-mod=mod', GOCACHE: execFileSync('go', ['env', 'GOCACHE'], { encoding: 'utf8' }).trim() };
  const ran = await op.run(repository.directory, ['push', `--default-repo=${registry.host}/ko`], env);
  expect(ran.exitCode, ran.stderr).toBe(0);
  const tag = `${registry.host}/ko/hello:${repository.git('rev-parse', '--short', 'HEAD')}`;
  expect(ran.stderr).toContain(crane('digest', tag).slice(7, 19));
  expect(JSON.parse(crane('config', tag)).config.Entrypoint).toEqual(['/ko-app/hello']);
});
