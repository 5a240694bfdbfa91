import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  dockerConfig,
  freePort,
  type LocalRegistry,
  password,
  startPasswordRegistry,
  startRegistry,
} from '../../../../test/op/local-registry.js';
import { bundledOp, type Op, type Ran } from '../../../../test/op/run-op.js';
import { buildScript, makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let open: LocalRegistry;
let closed: LocalRegistry;
let repository: SampleRepository;

beforeAll(async () => {
  op = await bundledOp();
  [open, closed] = await Promise.all([startRegistry(), startPasswordRegistry()]);
});
afterAll(() => Promise.all([op.dispose(), open.stop(), closed.stop()]));
beforeEach(async () => {
  repository = await makeSampleRepository({ 'build_result.json': '{"builds":["stale:1"]}' });
});
afterEach(() => repository.remove());

const push = (...args: string[]) => op.run(repository.directory, ['push', ...args]);
const list = () => existsSync(join(repository.directory, 'build_result.json'));

/** The three lines, and no stack trace or secret. */
function expectError(ran: Ran, exitCode: number, ...parts: readonly (string | RegExp)[]) {
  expect(ran.stderr).toMatch(/^error: .+\n {2}why: .+\n {2}do: {2}.+/msu);
  for (const part of parts) expect(ran.stderr).toMatch(part);
  expect(ran.exitCode).toBe(exitCode);
  expect(ran.stderr).not.toMatch(/^ +at .*\(.*:\d+:\d+\)$/mu);
  expect(ran.stderr).not.toContain(password);
  expect(ran.stdout).toBe('');
}

/** A killed process takes a moment to go on a busy machine; one that survived would sleep on for minutes. */
async function expectBuilderGone(): Promise<void> {
  const builder = (await readFile(join(repository.directory, 'builder.pid'), 'utf8')).trim();
  const state = () => readFile(`/proc/${builder}/stat`, 'utf8').catch(() => 'gone');
  await expect.poll(state, { timeout: 10_000 }).toMatch(/^gone$|\) Z /u);
}

describe('op push fails before it builds anything', () => {
  it('a template needs a variable that is not set, also where Skaffold would build the image', async () => {
    const artifact =
      "- image: app\n      context: app\n      docker:\n        buildArgs:\n          API_KEY: '{{.API_KEY}}'\n";
    await repository.write({
      'skaffold.yaml': `apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifacts:\n    ${artifact}`,
      'app/Dockerfile': 'FROM scratch\n',
    });
    repository.commit('template');
    const args = ['push', `--default-repo=${open.host}/template`];
    // Taken for a daemon that answers, as a host is not tried out: Skaffold builds the Dockerfile.
    const ran = await op.run(repository.directory, args, { DOCKER_HOST: 'tcp://127.0.0.1:1' });
    expectError(ran, 3, 'API_KEY of app in skaffold.yaml has no value', '{{default "x" .API_KEY}}');
  });

  it.each([
    ['no registry is configured', [], {}, 3, 'no registry to push to'],
    ['skaffold.yaml is missing', ['-f', 'none.yaml'], {}, 3, 'the file does not exist'],
    [
      'skaffold.yaml is not YAML',
      [],
      { 'skaffold.yaml': 'apiVersion: skaffold/v4beta13\nbuild: [\n' },
      3,
      'Skaffold cannot read skaffold.yaml',
    ],
    [
      'skaffold.yaml has an unknown field',
      [],
      { 'skaffold.yaml': 'apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifact: []\n' },
      3,
      'field artifact not found',
    ],
    [
      'skaffold.yaml describes no image',
      [],
      { 'skaffold.yaml': 'apiVersion: skaffold/v4beta13\nkind: Config\n' },
      3,
      'describes no image',
    ],
    ['the profile is unknown', ['--profile=nope'], {}, 3, 'its profiles are staging'],
    ['one of two profiles is unknown', ['--profile=staging,nope'], {}, 3, 'no profile "nope"'],
    ['.registry is malformed', [], { '.registry': 'ci: yes\n' }, 3, 'line 1: ci must be a list'],
    [
      'a variable of .registry is not set',
      [],
      { '.registry': 'local: ghcr.io/${NOBODY}\n' },
      3,
      'the variable NOBODY is not set',
    ],
    ['the properties file is missing', ['--config=none.properties'], {}, 3, 'cannot read the properties file'],
    ['the registry is invalid', ['--default-repo=https://ghcr.io'], {}, 3, 'is not a registry'],
    ['the destination is unknown', ['--destination=moon'], {}, 2, 'use one of auto, local, ci, all'],
    ['the output is unknown', ['--result=NOPE=/tmp/x'], {}, 2, 'use one of the outputs IMAGE_URL'],
    ['the flag is unknown', ['--image-tag=x'], {}, 2, "unknown option '--image-tag=x'"],
    ['the flag is superseded', ['--image-pattern=x'], {}, 2, 'leave out the flag'],
    ['a Dockerfile needs a daemon', [], { 'skaffold.yaml': dockerfile }, 3, 'cannot build web of skaffold.yaml here'],
    ['the list cannot be written', ['--build-result=app'], {}, 3, /cannot write .*app/u],
    ['the directory for the list is a file', ['--output=skaffold.yaml'], {}, 3, /cannot write .*build_result/u],
    [
      'an image of skaffold.yaml has a tag',
      [],
      { 'skaffold.yaml': dockerfile.replace('web', 'web:v1').replace('docker: {}', 'custom: { buildCommand: make }') },
      3,
      'no tag should',
    ],
    ['the directory of credentials is empty', ['--dockerconfig=app'], {}, 3, 'has no registry credentials'],
  ])('when %s', async (_, args, files, exitCode, part) => {
    await repository.write(files);
    const needsRegistry =
      !('.registry' in files) &&
      !args.some((arg) => arg.startsWith('--default-repo')) &&
      part !== 'no registry to push to';
    const ran = await push(...args, ...(needsRegistry ? [`--default-repo=${open.host}/early`] : []));
    expectError(ran, exitCode, part);
    expect(ran.stderr).not.toMatch(/^building \d+ images?: /mu);
  });

  it('when the registry cannot be reached', async () => {
    const ran = await push(`--default-repo=localhost:${await freePort()}/x`);
    expectError(ran, 4, /cannot read localhost:\d+\/x\/base/u, 'connection refused', '--insecure-registry');
    expect(ran.stderr).not.toMatch(/^building \d+ images?: /mu);
    expect(list()).toBe(false);
  });

  it('when the registry requires credentials and there are none', async () => {
    const ran = await push(`--default-repo=${closed.host}/x`);
    expectError(ran, 4, 'UNAUTHORIZED', `crane auth login ${closed.host}`);
    expect(ran.stderr).not.toMatch(/^building \d+ images?: /mu);
  });

  it('when the registry refuses the password', async () => {
    await writeFile(join(op.home, 'config.json'), dockerConfig(closed.host, 'wrong-pw'));
    const ran = await push(`--default-repo=${closed.host}/x`, `--dockerconfig=${op.home}`);
    expectError(ran, 4, 'UNAUTHORIZED', `has credentials for ${closed.host}: those for ${closed.host} do not suffice`);
    expect(ran.stderr).not.toMatch(/^building \d+ images?: /mu);
    expect(ran.stderr).not.toContain('wrong-pw');
  });

  it('when the Secret has credentials for other registries, which are named, as crane is refused', async () => {
    const secret = join(op.home, 'elsewhere');
    await mkdir(secret, { recursive: true });
    const config = dockerConfig(closed.host.replace(/:.*/u, ''), password);
    for (const name of ['.dockerconfigjson', 'config.json']) await writeFile(join(secret, name), config);
    const peer = await execa('crane', ['catalog', closed.host], {
      env: { ...withTools(['crane']), DOCKER_CONFIG: secret },
      reject: false,
    });
    expect(peer.stderr).toContain('UNAUTHORIZED');
    await rm(join(secret, 'config.json'));
    const ran = await push(`--default-repo=${closed.host}/x`, `--dockerconfig=${secret}`);
    const why = `${join(secret, '.dockerconfigjson')} has credentials for localhost, not for ${closed.host}`;
    expectError(ran, 4, 'UNAUTHORIZED', why, `crane auth login ${closed.host}`);
    expect(ran.stderr).not.toContain(password);
  });
});

const dockerfile = `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: web
      docker: {}
`;

describe('op push', () => {
  it('removes an earlier list, even when it ends before it builds', async () => {
    for (const flags of [['--timeout=1ms'], ['--skaffold-file=none.yaml'], ['--profile=none']]) {
      await writeFile(
        join(repository.directory, 'build_result.json'),
        '{"builds":[{"imageName":"old","tag":"old:1"}]}',
      );
      expect((await push(`--default-repo=${open.host}/x`, ...flags)).exitCode).toBeGreaterThan(0);
      expect(list()).toBe(false);
    }
  });

  it('warns when a reused image may be of another profile or platform', async () => {
    await rm(join(repository.directory, 'build_result.json'));
    const to = `--default-repo=${open.host}/platforms`;
    expect((await push(to)).exitCode).toBe(0);
    const same = await push(to);
    expect(same.stderr).toContain('already built: ');
    expect(same.stderr).not.toContain('warning: tags name the commit');
    expect((await push(to, '--platform=linux/arm64')).stderr).toContain('warning: tags name the commit');
  });

  it('uses the credentials of a mounted Secret, and leaves no copy of them', async () => {
    const secret = join(op.home, 'secret');
    await mkdir(secret, { recursive: true });
    await writeFile(join(secret, '.dockerconfigjson'), dockerConfig(closed.host, password));
    const ran = await push(`--default-repo=${closed.host}/x`, `--dockerconfig=${secret}`);
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toContain(`credentials of ${closed.host}: seen by the builders`);
    expect(ran.stderr).not.toContain(password);
    expect(readdirSync(op.temporary)).toEqual([]);
  });

  it('reports which image failed and what its builder printed, and leaves no list behind', async () => {
    await repository.write({
      'build-image.sh': buildScript.replace(
        'set -eu',
        'set -eu\ncase "$IMAGE" in *base*) printf "no space left"; exit 7; esac',
      ),
    });
    const ran = await push(`--default-repo=${open.host}/fails`);
    expectError(ran, 4, 'error: building base failed', 'no space left', 'exit status 7');
    expect(list()).toBe(false);
  });

  it('reports a builder that succeeds without pushing', async () => {
    await repository.write({ 'build-image.sh': '#!/bin/sh\nexit 0\n' });
    const ran = await push(`--default-repo=${open.host}/lazy`);
    expectError(ran, 4, 'error: building base failed', 'make the builder push to $IMAGE');
    expect(list()).toBe(false);
  });

  it('stops the builder at its deadline, with exit code 5', async () => {
    await repository.write({ 'build-image.sh': '#!/bin/sh\necho $$ > ../builder.pid\nexec sleep 60\n' });
    const ran = await push(`--default-repo=${open.host}/slow`, '--timeout=12s');
    expectError(ran, 5, 'it was allowed 12 s');
    await expectBuilderGone();
    expect(list()).toBe(false);
  });

  it('ends at once at a second signal, and leaves no copy of credentials and no builder behind', async () => {
    await repository.write({
      'build-image.sh':
        '#!/bin/sh\ntrap "" TERM INT\necho $$ > ../builder.pid\necho builder runs\nsleep 60\nsleep 60\n',
    });
    await writeFile(join(op.home, 'config.json'), dockerConfig('example.com', password));
    const args = ['push', '--debug', `--default-repo=${open.host}/twice`, `--dockerconfig=${op.home}`];
    const ran = await op.interrupt(repository.directory, args, 'builder runs', 'SIGINT', 'SIGINT');
    expect(ran.exitCode).toBe(130);
    expect(readdirSync(op.temporary)).toEqual([]);
    await expectBuilderGone();
  });

  it('leaves no builder behind when it is killed', async () => {
    const script = '#!/bin/sh\ntrap "" TERM INT\necho $$ > ../builder.pid\necho builder runs\nsleep 60\nsleep 60\n';
    await repository.write({ 'build-image.sh': script });
    const args = ['push', '--debug', `--default-repo=${open.host}/killed`];
    await op.interrupt(repository.directory, args, 'builder runs', 'SIGKILL');
    const builder = (await readFile(join(repository.directory, 'builder.pid'), 'utf8')).trim();
    const state = () => readFile(`/proc/${builder}/stat`, 'utf8').catch(() => 'gone');
    await expect.poll(state, { timeout: 5000 }).toMatch(/^gone$|\) Z /u);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('stopped by %s ends with %d and leaves no list behind', async (signal, exitCode) => {
    await repository.write({ 'build-image.sh': '#!/bin/sh\necho builder runs\nexec sleep 60\n' });
    const args = ['push', '--debug', `--default-repo=${open.host}/stopped`];
    const ran = await op.interrupt(repository.directory, args, 'builder runs', signal);
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.stderr.trim().split('\n').at(-1)).toBe(`stopped by ${signal}`);
    expect(list()).toBe(false);
  });
});
