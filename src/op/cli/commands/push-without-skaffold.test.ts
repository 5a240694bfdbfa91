import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { buildScript, makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { pathWithout, withTools } from '../../../../test/tools.js';

/** A plain skaffold.yaml: op reads it, and can run its build commands. */
const skaffold = (command: string) => `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: team/app
      context: app
      requires:
        - image: base
          alias: BASE
      custom:
        buildCommand: ${command}
    - image: base
      context: base
      custom:
        buildCommand: ${command}
`;

/** Notes the variables that a build gets, where Git does not see it as a change. */
const notes = buildScript.replace('set -eu\n', 'set -eu\nenv | sort > "../.git/env of $(basename "$PWD")"\n');

let op: Op;
let registry: LocalRegistry;
let repository: SampleRepository;

beforeAll(async () => {
  op = await bundledOp();
  registry = await startRegistry();
  repository = await makeSampleRepository({
    'skaffold.yaml': skaffold('sh ../build-image.sh "$IMAGE_TAG" $PUSH_IMAGE'),
    'build-image.sh': notes,
  });
});
afterAll(() => Promise.all([op.dispose(), registry.stop(), repository.remove()]));

/** The PATH of tests without the directories that have Skaffold. */
const withoutSkaffold = pathWithout('skaffold', withTools(['skaffold', 'crane']).PATH ?? '');

const push = (path: string | undefined, ...args: readonly string[]) =>
  op.run(
    repository.directory,
    ['build-push', `--default-repo=${registry.host}/shop`, `--insecure-registry=${registry.host}`, ...args],
    path === undefined ? {} : { PATH: path },
  );

/** What the shell itself, or the environment of this test, sets. */
const ownVariables = /^(?:_|PATH|SHLVL|OLDPWD)=/u;

async function outcome() {
  const seen = async (service: string) => {
    const text = await readFile(join(repository.directory, '.git', `env of ${service}`), 'utf8');
    return text.split('\n').filter((line) => !ownVariables.test(line));
  };
  const list = await readFile(join(repository.directory, 'build_result.json'), 'utf8');
  return { app: await seen('app'), base: await seen('base'), list: JSON.parse(list) };
}

it('build commands get the same variables, and give the same images, with and without Skaffold', async () => {
  const by = await push(undefined, '--rebuild');
  expect([by.exitCode, by.stderr]).toEqual([0, expect.stringMatching(/^base .* skaffold +built/mu)]);
  const bySkaffold = await outcome();
  const own = await push(withoutSkaffold, '--rebuild');
  expect([own.exitCode, own.stderr]).toEqual([0, expect.stringMatching(/^base .* custom +built/mu)]);
  expect(await outcome()).toEqual(bySkaffold);
  expect(bySkaffold.app).toContainEqual(expect.stringMatching(/^BASE=\S+\/shop\/base:[0-9a-f]+@sha256:/u));
}, 120_000);

it('a command that fails, or pushes nothing, fails the build and leaves no list', async () => {
  await repository.write({ 'skaffold.yaml': skaffold('echo the disk is full; exit 3') });
  repository.commit();
  const failed = await push(withoutSkaffold);
  expect([failed.exitCode, failed.stderr]).toEqual([4, expect.stringContaining('the disk is full')]);
  expect(failed.stderr).toContain('error: building base failed');
  await repository.write({ 'skaffold.yaml': skaffold('sh -c true') });
  repository.commit();
  const empty = await push(withoutSkaffold);
  expect([empty.exitCode, empty.stderr]).toEqual([
    4,
    expect.stringMatching(
      /base was built, but \S+ is not in the registry[\s\S]*make the build command push to \$IMAGE/u,
    ),
  ]);
  await expect(readFile(join(repository.directory, 'build_result.json'))).rejects.toThrow('ENOENT');
});

it('a command is code of the repository, so --allow-custom=false refuses it', async () => {
  const { exitCode, stderr } = await push(withoutSkaffold, '--allow-custom=false', '--rebuild');
  expect([exitCode, stderr]).toEqual([6, expect.stringContaining('cannot build base (custom), team/app (custom)')]);
});
