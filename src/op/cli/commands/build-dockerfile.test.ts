import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushBusybox } from '../../../../test/op/busybox-image.js';
import { type LocalBuildKit, startBuildKit, whyNoBuildKit } from '../../../../test/op/local-buildkitd.js';
import {
  dockerConfig,
  freePort,
  type LocalRegistry,
  password,
  startPasswordRegistry,
  startRegistry,
} from '../../../../test/op/local-registry.js';
import { bundledOp, type Op, type Ran } from '../../../../test/op/run-op.js';
import { makeSampleRepository, type SampleRepository } from '../../../../test/op/sample-repository.js';
import { withTools } from '../../../../test/tools.js';

let op: Op;
let open: LocalRegistry;
let closed: LocalRegistry;
let server: LocalBuildKit;
let repository: SampleRepository;

beforeAll(async () => {
  if (whyNoBuildKit !== undefined) return;
  op = await bundledOp(['buildctl', 'crane', 'git']);
  [open, closed, server] = await Promise.all([startRegistry(), startPasswordRegistry(), startBuildKit()]);
  pushBusybox(`${open.host}/tests/busybox:1`);
});
afterAll(() => Promise.all([op?.dispose(), open?.stop(), closed?.stop(), server?.stop()]));
beforeEach(async () => {
  repository = await makeSampleRepository({
    'app/Dockerfile': `ARG BASE=${open?.host}/tests/busybox:1\nFROM $BASE AS app\nCOPY hello.txt /hello.txt\nARG WORD\nRUN echo "$WORD" >/word && echo built\n`,
    'build_result.json': '{"builds":["stale:1"]}',
  });
});
afterEach(() => repository?.remove());

const build = (...args: string[]) =>
  op.run(repository.directory, ['build-dockerfile', ...args], { BUILDKIT_HOST: server.address });
const list = () => join(repository.directory, 'build_result.json');

/** The three lines, no result, nothing secret. */
function expectError(ran: Ran, exitCode: number, ...parts: readonly (string | RegExp)[]) {
  expect(ran.stderr).toMatch(/^error: .+\n {2}why: .+\n {2}do: {2}.+/msu);
  for (const part of parts) expect(ran.stderr).toMatch(part);
  expect(ran.exitCode).toBe(exitCode);
  expect(ran.stderr).not.toMatch(/^ +at .*\(.*:\d+:\d+\)$/mu);
  expect(ran.stderr).not.toContain(password);
  // A command about another directory changes nothing here.
  const untouched = ran.stderr.includes('the directory does not exist');
  expect(existsSync(list())).toBe(untouched);
  expect(readdirSync(op.temporary)).toEqual([]);
}

describe.skipIf(whyNoBuildKit !== undefined)('op build-dockerfile', () => {
  it('shows no value of a build argument that is called like a secret, which BuildKit itself writes into names of steps', async () => {
    await repository.write({
      'app/Dockerfile': `FROM ${open.host}/tests/busybox:1\nARG API_TOKEN\nARG WORD\nRUN echo "$API_TOKEN $WORD"; exit 3\n`,
    });
    const args = [`--image=${open.host}/team/secret:v1`, '--context=app'];
    const ran = await build(...args, '--debug', '--build-arg=API_TOKEN=hunter2', '--build-arg=WORD=shown');
    expect(ran.exitCode).toBe(4);
    for (const part of ['[2/2] RUN echo "*** shown"', '#2   *** shown', 'build-arg:API_TOKEN=…']) {
      expect(ran.stderr).toContain(part);
    }
    expect(ran.stderr).not.toContain('hunter2');
    const app = join(repository.directory, 'app');
    const asked = ['build', '--frontend=dockerfile.v0', `--local=context=${app}`, `--local=dockerfile=${app}`];
    const options = ['--opt=build-arg:API_TOKEN=hunter2', '--progress=plain'];
    const env = { ...withTools(['buildctl']), BUILDKIT_HOST: server.address };
    const itself = await execa('buildctl', [...asked, ...options], { env, extendEnv: false, reject: false });
    expect(itself.stderr).toContain('RUN echo "hunter2 ');
  });

  it('pushes the image, and names it in the log, the list and the outputs', async () => {
    const results = join(op.home, 'results');
    const outputs = [
      'IMAGE_URL',
      'IMAGE_DIGEST',
      'IMAGES',
      'REUSED_IMAGES',
      'LIST_DIGEST',
      'CHAINS-GIT_URL',
      'CHAINS-GIT_COMMIT',
    ];
    const image = `${open.host}/team/shop/app:v1`;
    const ran = await build(
      '--debug',
      `--image=${image}`,
      '--context=app',
      '--build-arg=WORD=a, "b"=c',
      '--target=app',
      '--platform=',
      '--git-url=https://user:token@git.example.com/shop.git',
      ...outputs.map((name) => `--result=${name}=${join(results, name)}`),
    );
    expect(ran.stderr).toMatch(/RUN echo/u);
    // The command line of buildctl, without the value.
    expect(ran.stderr).toContain('build-arg:WORD=…');
    expect(ran).toMatchObject({ exitCode: 0, stdout: '' });
    const head = repository.git('rev-parse', 'HEAD');
    const [digest = ''] = /sha256:[0-9a-f]{64}/u.exec(await readFile(list(), 'utf8')) ?? [];
    expect(await readFile(list(), 'utf8')).toBe(`{"builds":[{"imageName":"app","tag":"${image}@${digest}"}]}\n`);
    const output = (name: string) => readFile(join(results, name), 'utf8');
    expect(await output('IMAGE_URL')).toBe(image);
    expect(await output('IMAGE_DIGEST')).toBe(digest);
    expect(await output('IMAGES')).toBe(`${image}@${digest}`);
    expect(await output('REUSED_IMAGES')).toBe('');
    const bytes = await readFile(list());
    expect(await output('LIST_DIGEST')).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    expect(await output('CHAINS-GIT_COMMIT')).toBe(head);
    expect(await output('CHAINS-GIT_URL')).toBe('https://git.example.com/shop.git');
    const last = ran.stderr.trim().split('\n').at(-1) ?? '';
    expect(last).toBe(
      `done: ${image}@${digest}, listed in build_result.json; next: op publish --build-result=build_result.json --git-revision=${head}`,
    );
    const again = await build(
      `--image=${image}`,
      '--context=app',
      '--build-arg=WORD=a, "b"=c',
      '--git-url=https://git.example.com/shop.git',
      '--no-file-output',
    );
    const [header = '', row = ''] = again.stderr.slice(again.stderr.indexOf('\nIMAGE ') + 1).split('\n');
    expect(header).toMatch(/^IMAGE +TAG +DIGEST +SIZE +ENGINE +HOW +TIME$/u);
    const cells = row.split(/ {2,}/u);
    expect(cells.slice(0, 2)).toEqual(['app', image]);
    expect(cells[3]).toMatch(/^\d+\.\d [kM]B$/u);
    expect(cells.slice(4, 6)).toEqual(['buildkit', 'built (3 of 3 steps cached)']);
    expect(cells[6]).toMatch(/^\d+(?:\.\d)? s$/u);
    expect(readdirSync(op.temporary)).toEqual([]);
  });

  it('uses the credentials of a mounted Secret', async () => {
    const secret = join(op.home, 'secret');
    await mkdir(secret, { recursive: true });
    await writeFile(join(secret, '.dockerconfigjson'), dockerConfig(closed.host, password));
    const ran = await build(
      `--image=${closed.host}/team/app:v1`,
      '--context=app',
      `--dockerconfig=${secret}`,
      '--debug',
    );
    expect(ran.stderr).toContain('done: ');
    expect(ran.stderr).not.toContain(password);
    expect(ran.exitCode).toBe(0);
  });

  it('writes the build cache to the given repository', async () => {
    const flags = [`--image=${open.host}/team/cached:v1`, '--context=app', `--build-cache=${open.host}/cache/`];
    expect((await build(...flags)).exitCode).toBe(0);
    const answer = await fetch(`http://${open.host}/v2/cache/untrusted/cached/manifests/buildkit`);
    expect(answer.status).toBe(200);
  });

  it('reads its settings from a properties file, which the environment overrides', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'settings-')), 'ci.properties');
    const flags = ['build-dockerfile', `--image=${open.host}/team/app:v4`, '--context=app', `--config=${file}`];
    await writeFile(
      file,
      `BUILDKIT_HOST=${server.address}\nOP_IMAGE_MIRRORS= ghcr.io=${open.host}, docker.io=${open.host}/tests ,\n`,
    );
    await repository.write({ 'app/Dockerfile': 'FROM docker.io/busybox:1\nRUN true\n' });
    pushBusybox(`${open.host}/tests/library/busybox:1`);
    const ran = await op.run(repository.directory, flags);
    expect(ran.stderr).toContain(`BuildKit at ${server.address} (BUILDKIT_HOST (${file}:1))`);
    expect(ran.exitCode).toBe(0);
    const environment = { BUILDKIT_HOST: 'tcp://127.0.0.1:1' };
    expectError(await op.run(repository.directory, flags, environment), 4, 'BuildKit at tcp://127.0.0.1:1');
    await writeFile(file, 'BUILDKIT_HOST=nowhere\n');
    expectError(await op.run(repository.directory, flags), 3, 'ci.properties:1', 'it has no scheme');
    await writeFile(file, `BUILDKIT_HOST=${server.address}\nOP_IMAGE_MIRRORS=x\n`);
    expectError(await op.run(repository.directory, flags), 2, '--image-mirror=x is not HOST=MIRROR');
    await rm(dirname(file), { recursive: true });
  });

  it('takes no BuildKit, and nothing else that would get the credentials, from a file of the repository', async () => {
    await repository.write({ 'ci.properties': `# ours\nBUILDKIT_HOST=${server.address}\n` });
    const flags = ['build-dockerfile', `--image=${open.host}/team/app:v5`, '--context=app', '--config=ci.properties'];
    expectError(
      await op.run(repository.directory, flags),
      6,
      'ci.properties:2 sets BUILDKIT_HOST',
      'registry credentials',
    );
  });

  it.each([
    ['no image is named', ['--context=app'], 3, 'no image to push to'],
    ['the image has no tag', ['--image=x.example.com/app'], 3, 'it has no tag'],
    [
      'the image has a digest',
      [`--image=x.example.com/app:1@sha256:${'0'.repeat(64)}`],
      3,
      'which is known only after the build',
    ],
    [
      'the repository is missing',
      ['--image=x.example.com/app:1', '--directory=none'],
      3,
      'the directory does not exist',
    ],
    ['the context is missing', ['--image=x.example.com/app:1', '--context=none'], 3, 'cannot use the context'],
    ['the context leaves the repository', ['--image=x.example.com/app:1', '--context=..'], 3, 'outside the repository'],
    ['the Dockerfile is missing', ['--image=x.example.com/app:1', '--context=base'], 3, 'cannot use the Dockerfile'],
    ['a build argument has no name', ['--image=x.example.com/app:1', '--build-arg==x'], 2, 'is not NAME=VALUE'],
    ['an attestation is unknown', ['--image=x.example.com/app:1', '--attest=x'], 2, 'op supports sbom and provenance'],
    ['a mirror is invalid', ['--image=x.example.com/app:1', '--image-mirror=x'], 2, 'is not HOST=MIRROR'],
    [
      'an output is unknown',
      ['--image=x.example.com/app:1', '--result=X=/tmp/x'],
      2,
      'use one of the outputs IMAGE_URL',
    ],
    [
      'the directory of secrets is missing',
      ['--image=x.example.com/app:1', '--context=app', '--secrets=none'],
      3,
      'cannot read the secrets',
    ],
    [
      'the server is not there',
      ['--image=x.example.com/app:1', '--context=app', '--buildkit-host=tcp://127.0.0.1:1'],
      4,
      'nothing answers at this address',
    ],
    [
      'the address of the server is none',
      ['--image=x.example.com/app:1', '--buildkit-host=buildkitd'],
      3,
      'it has no scheme',
    ],
    [
      'there are no certificates',
      ['--image=x.example.com/app:1', '--buildkit-tls=app'],
      3,
      'ca.pem or ca.crt not found',
    ],
  ] as const)('says so and leaves nothing behind when %s', async (_, args, exitCode, part) => {
    expectError(await build(...args), exitCode, part);
  });

  it('reports that no server is configured', async () => {
    const ran = await op.run(repository.directory, [
      'build-dockerfile',
      '--image=x.example.com/app:1',
      '--context=app',
    ]);
    if (!existsSync('/run/buildkit/buildkitd.sock')) expectError(ran, 3, 'no BuildKit found');
  });

  it('leaves nothing behind when a step fails, the push is refused, or the registry cannot be reached', async () => {
    await repository.write({ 'app/Dockerfile': `FROM ${open.host}/tests/busybox:1\nRUN echo no space left; exit 9\n` });
    expectError(await build(`--image=${open.host}/team/app:v2`, '--context=app'), 4, 'exit code: 9', 'no space left');
    await repository.write({ 'app/Dockerfile': 'FROM scratch\nCOPY hello.txt /\n' });
    expectError(await build(`--image=${closed.host}/team/app:v2`, '--context=app'), 4, 'cannot be pushed to');
    const nobody = `localhost:${await freePort()}`;
    expectError(await build(`--image=${nobody}/team/app:v2`, '--context=app'), 4, `check the name ${nobody}`);
  });

  it('ends at its deadline and on a signal', async () => {
    await repository.write({
      'app/Dockerfile': `FROM ${open.host}/tests/busybox:1\nRUN echo step runs; exec sleep 60\n`,
    });
    const args = [`--image=${open.host}/team/app:v3`, '--context=app'];
    expectError(await build(...args, '--timeout=3s'), 5, 'it was allowed 3 s');
    const flags = ['build-dockerfile', ...args, `--buildkit-host=${server.address}`];
    const ran = await op.interrupt(repository.directory, ['--debug', ...flags], 'step runs\n', 'SIGTERM');
    expect(ran.exitCode).toBe(143);
    expect(ran.stderr.trim().split('\n').at(-1)).toBe('stopped by SIGTERM');
    expect(existsSync(list())).toBe(false);
    expect(readdirSync(op.temporary)).toEqual([]);
  });
});
