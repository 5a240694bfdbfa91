import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushBusybox } from '../../../../test/op/busybox-image.js';
import { plainBuild } from '../../../../test/op/dockerfile-build.js';
import { type LocalBuildKit, startBuildKit, whyNoBuildKit } from '../../../../test/op/local-buildkitd.js';
import {
  dockerConfig,
  freePort,
  type LocalRegistry,
  password,
  startPasswordRegistry,
  startRegistry,
} from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { Interrupted, OpError } from '../../kit/errors/op-error.js';
import { report } from '../../kit/errors/report.js';
import { buildDockerfile } from './build.js';
import type { DockerfileBuild } from './dockerfile-build.js';

let registry: LocalRegistry;
let closed: LocalRegistry;
let server: LocalBuildKit;
let room: string;
let busybox: string;
const env = withTools(['buildctl', 'crane']);

beforeAll(async () => {
  if (whyNoBuildKit !== undefined) return;
  [registry, closed, server] = await Promise.all([startRegistry(), startPasswordRegistry(), startBuildKit()]);
  busybox = `${registry.host}/tests/busybox:1`;
  pushBusybox(busybox);
  await pullOnce();
});
afterAll(() => Promise.all([registry?.stop(), closed?.stop(), server?.stop()]));
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'buildkit-test-'));
});
afterEach(() => rm(room, { recursive: true, force: true }));

/**
 * Lets the server pull the base image before any build fails: a build that ends while the last bytes of a layer arrive leaves an
 * incomplete entry in BuildKit's store, and every later build then asks the registry for a range after the end (416).
 */
async function pullOnce() {
  const directory = await mkdtemp(join(tmpdir(), 'buildkit-test-'));
  await writeFile(join(directory, 'Dockerfile'), `FROM ${busybox}\nRUN true\n`);
  const { context } = testContext({ env, cwd: directory });
  const output = { push: { registry: registry.host, path: 'made/first', tag: 'v1' }, insecure: false };
  const buildkit = { address: server.address, tls: undefined, origin: 'the test' };
  await buildDockerfile(context, {}, buildkit, plainBuild(directory, output), () => {});
  await rm(directory, { recursive: true, force: true });
}

async function write(files: Readonly<Record<string, string>>) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(room, path)), { recursive: true });
    await writeFile(join(room, path), content);
  }
}

/** Builds the room, which must fail, and returns the report that a user reads. */
async function failure(parts: Partial<DockerfileBuild> = {}, childEnv: Readonly<Record<string, string>> = {}) {
  const lines: string[] = [];
  const { context } = testContext({ env, cwd: room });
  const output = { push: { registry: registry.host, path: 'made/app', tag: 'v1' }, insecure: false };
  const buildkit = { address: server.address, tls: undefined, origin: 'the test' };
  const build = { ...plainBuild(room, output), ...parts };
  const thrown: unknown = await buildDockerfile(context, childEnv, buildkit, build, (line) => lines.push(line)).then(
    () => new Error('the build succeeded'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof OpError)) throw thrown;
  return { ...report(thrown, false), lines };
}

const from = (...lines: string[]) => ({ Dockerfile: `FROM ${busybox}\n${lines.join('\n')}\n` });

describe.skipIf(whyNoBuildKit !== undefined)('a Dockerfile that cannot be built says', () => {
  it.each([
    ['that it is missing', () => ({ a: '' }), {}, 3, [/cannot use the Dockerfile of app/, /Dockerfile not found/]],
    ['that it is empty', () => ({ Dockerfile: '' }), {}, 3, ['Dockerfile is invalid', 'cannot be empty']],
    [
      'which line has a syntax error',
      () => from('COPPY a b'),
      {},
      3,
      ['Dockerfile line 2 is invalid', 'unknown instruction: COPPY', '>>> COPPY a b'],
    ],
    [
      'which heredoc does not end',
      () => from('RUN <<EOF', 'echo a'),
      {},
      3,
      ['Dockerfile line 2 is invalid', 'unterminated heredoc'],
    ],
    [
      'that it does not start with FROM',
      () => ({ Dockerfile: 'RUN x\n' }),
      {},
      3,
      ['Dockerfile line 1 is invalid', 'no build stage'],
    ],
    [
      'which variable has no value',
      () => ({ Dockerfile: 'FROM ${X}\n' }),
      {},
      3,
      ['Dockerfile line 1 is invalid', 'should not be blank'],
    ],
    [
      'that the context is missing',
      () => from(),
      { context: '/nowhere/at/all' },
      3,
      ['cannot use the context of app', '/nowhere/at/all not found'],
    ],
    ['that the context is a file', from, { context: 'Dockerfile' }, 3, ['is not a directory']],
    ['that the context is outside the repository', from, { context: '..' }, 3, ['outside the repository']],
    [
      'that the Dockerfile is outside of the repository',
      from,
      { dockerfile: '/etc/hostname' },
      3,
      ['outside the repository'],
    ],
    ['that the Dockerfile is a directory', () => ({ 'Dockerfile/x': '' }), {}, 3, ['Dockerfile is not a file']],
    [
      'which stages exist',
      () => ({ Dockerfile: 'FROM scratch AS one\nFROM scratch AS two\n' }),
      { target: 'three' },
      3,
      ['the stage "three" was not found in Dockerfile', 'the stages one, two'],
    ],
    [
      'which file of a COPY is missing',
      () => from('COPY not/there /x'),
      {},
      3,
      ['Dockerfile line 2 copies a file that does not exist', '"/not/there"'],
    ],
    [
      'what a failing step printed, and its exit code',
      () => from('RUN echo first; echo last words >&2; exit 7'),
      {},
      4,
      ['building app failed in Dockerfile line 2', 'exit code: 7:', 'last words'],
    ],
    ['that a failing step printed nothing', () => from('RUN false'), {}, 4, ['exit code: 1, and printed nothing']],
    [
      'that a base image does not exist',
      () => ({ Dockerfile: `FROM ${registry.host}/no/such:1\n` }),
      {},
      4,
      [/the base image \S+\/no\/such:1 of app does not exist/],
    ],
    [
      'that the registry of a base image cannot be reached',
      () => ({ Dockerfile: 'FROM registry.invalid/no/such:1\n' }),
      {},
      4,
      ['cannot read the base image registry.invalid/no/such:1', 'no such host', '--image-mirror'],
    ],
    [
      'that the registry of a base image requires credentials',
      () => ({ Dockerfile: `FROM ${closed.host}/no/such:1\n` }),
      {},
      4,
      [/cannot read the base image/, /crane auth login localhost:\d+/],
    ],
    ['that a platform is unknown', from, { platforms: ['linux-foo'] }, 3, ['linux-foo is not a platform']],
    [
      'that the server does not allow the host network',
      () => from('RUN true'),
      { network: 'host' },
      3,
      ['host network'],
    ],
    [
      'that a build argument is too long',
      from,
      { buildArgs: { LONG: 'x'.repeat(140_000) } },
      3,
      ['build-arg:LONG has 140'],
    ],
    [
      'that a build argument has a zero byte',
      from,
      { buildArgs: { ZERO: 'a\0b' } },
      3,
      ['build-arg:ZERO has a zero byte'],
    ],
  ] as const)('%s', async (_, files, parts, exitCode, texts) => {
    await write(files());
    const context = 'context' in parts ? join(parts.context.startsWith('/') ? '' : room, parts.context) : room;
    const failed = await failure({ ...parts, context });
    expect(failed.text).toMatch(/^error: .+\n {2}why: .+\n {2}do: {2}.+/su);
    for (const text of texts) expect(failed.text).toMatch(text);
    expect(failed.exitCode).toBe(exitCode);
  });

  it.each(['context', 'Dockerfile'])('that its %s is a symbolic link that leaves the repository', async (which) => {
    await write({ ...from(), 'repo/Dockerfile': 'FROM scratch\n', 'outside/Dockerfile': 'FROM scratch\n' });
    await symlink('../outside', join(room, 'repo/linked'));
    await symlink('../outside/Dockerfile', join(room, 'repo/Linkedfile'));
    const parts =
      which === 'context'
        ? { context: join(room, 'repo/linked') }
        : { dockerfile: 'Linkedfile', context: join(room, 'repo') };
    const { text, exitCode } = await failure({ root: join(room, 'repo'), ...parts });
    expect(text).toMatch(/is a symbolic link to .*outside.*, which is outside the repository/u);
    expect(exitCode).toBe(3);
  });

  it('what a step printed, even if there is no cache yet', async () => {
    await write(from('RUN echo last words; exit 7'));
    const cache = `${registry.host}/cache/not-yet:buildkit`;
    const { text, lines } = await failure({ cacheFrom: [cache], cacheTo: [cache] });
    expect(text).toContain('last words');
    expect(lines.join('\n')).toMatch(/^#\d+ no cache yet$/mu);
  });

  it('only the last lines of a long output', async () => {
    await write(
      from(
        'RUN for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do echo line $i; done; exit 3',
      ),
    );
    const { text, lines } = await failure();
    expect(text).toContain('line 30');
    expect(text).not.toContain('line 5\n');
    expect(lines.join('\n')).toContain('line 5');
    expect(text).toContain('exit code: 3');
  });
});

describe.skipIf(whyNoBuildKit !== undefined)('an image that is built but cannot be pushed', () => {
  const to = (host: string) => ({ output: { push: { registry: host, path: 'made/app', tag: 'v1' }, insecure: false } });

  it('says that the registry cannot be reached', async () => {
    await write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    const host = `localhost:${await freePort()}`;
    const { text, exitCode } = await failure(to(host));
    expect(text).toContain(`app is built, but cannot be pushed to ${host}/made/app:v1`);
    expect(text).toContain(`check the name ${host}`);
    expect(exitCode).toBe(4);
  });

  it.each([
    ['without a password', undefined],
    ['with a wrong one', 'wrong-pw'],
  ])('says that the registry refuses it %s', async (_, given) => {
    await write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    if (given !== undefined) await writeFile(join(room, 'config.json'), dockerConfig(closed.host, given));
    const { text, exitCode } = await failure(to(closed.host), { DOCKER_CONFIG: room });
    expect(text).toContain('app is built, but cannot be pushed to');
    expect(text).toContain(`give credentials that may push to ${closed.host} with --dockerconfig DIR`);
    expect(text).not.toContain('wrong-pw');
    expect(exitCode).toBe(4);
  });

  it('is pushed with the right password, which never appears in a log', async () => {
    await write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    await writeFile(join(room, 'config.json'), dockerConfig(closed.host, password));
    const lines: string[] = [];
    const { context, printed } = testContext({ env, cwd: room, debug: true });
    const buildkit = { address: server.address, tls: undefined, origin: 'the test' };
    const build = { ...plainBuild(room, to(closed.host).output) };
    const built = await buildDockerfile(context, { DOCKER_CONFIG: room }, buildkit, build, (line) => lines.push(line));
    expect(built.digest).toMatch(/^sha256:/u);
    expect([...lines, ...printed, await server.log()].join('\n')).not.toContain(password);
  });

  it('says that a build cache given as type=... cannot be written', async () => {
    await write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    const cacheTo = [`type=registry,ref=localhost:${await freePort()}/cache:x`];
    const { text, exitCode } = await failure({ cacheTo });
    expect(text).toContain('app is built, but its build cache cannot be written');
    expect(exitCode).toBe(4);
  });
});

describe.skipIf(whyNoBuildKit !== undefined)('a build', () => {
  it('works without a home directory for a registry with a token service', async () => {
    const service = createServer((request, response) => {
      if (request.url?.startsWith('/token')) return response.end('{"token":"t0ken"}');
      const realm = `Bearer realm="http://${request.headers.host}/token",service="test",scope="repository:x:pull"`;
      if (request.headers.authorization === undefined) {
        return response.writeHead(401, { 'www-authenticate': realm }).end();
      }
      return response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const address = service.address();
    const host = `localhost:${typeof address === 'object' ? address?.port : ''}`;
    await write({ Dockerfile: `FROM ${host}/x:1\n` });
    const { context } = testContext({ env: { ...env, HOME: '/proc/no/home', DOCKER_CONFIG: undefined }, cwd: room });
    const output = { push: { registry: registry.host, path: 'made/app', tag: 'v1' }, insecure: false };
    const buildkit = { address: server.address, tls: undefined, origin: 'the test' };
    const building = buildDockerfile(context, {}, buildkit, plainBuild(room, output), () => {});
    await expect(building).rejects.toMatchObject({ message: expect.stringContaining('does not exist') });
    service.close();
  });

  it('is cancelled on the server when op is stopped', async () => {
    await write(from('RUN echo started; exec sleep 4321'));
    const stop = new AbortController();
    const { context } = testContext({ env, cwd: room, signal: stop.signal });
    const output = { push: { registry: registry.host, path: 'made/app', tag: 'v1' }, insecure: false };
    const buildkit = { address: server.address, tls: undefined, origin: 'the test' };
    const building = buildDockerfile(context, {}, buildkit, plainBuild(room, output), (line) => {
      if (line.endsWith('started')) stop.abort(new Interrupted('SIGTERM'));
    });
    await expect(building).rejects.toThrow('stopped by SIGTERM');
    for (let attempt = 0; (await sleepers()) > 0; attempt++) {
      if (attempt === 100) throw new Error('the step is still running on the server');
      await new Promise((done) => setTimeout(done, 100));
    }
  });

  it('says that the server has died', async () => {
    const dying = await startBuildKit();
    await write(from('RUN echo started; exec sleep 3'));
    const { context } = testContext({ env, cwd: room });
    const output = { push: { registry: registry.host, path: 'made/app', tag: 'v1' }, insecure: false };
    const buildkit = { address: dying.address, tls: undefined, origin: 'the test' };
    const building = buildDockerfile(context, {}, buildkit, plainBuild(room, output), (line) => {
      if (line.endsWith('started')) dying.kill();
    });
    const why = expect.stringContaining('the connection to BuildKit at');
    await expect(building).rejects.toMatchObject({ kind: 'tool', why });
    await dying.stop();
  });
});

/** How many processes of the test's step run on this machine. */
async function sleepers(): Promise<number> {
  const child = spawn('pgrep', ['-fc', '^sleep 4321'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  await once(child, 'close');
  return Number(text);
}
