import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushBusybox } from '../../../../test/op/busybox-image.js';
import { type LocalDocker, startDocker, whyNoDocker } from '../../../../test/op/local-docker.js';
import { type LocalRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { bundledOp, type Op, type Ran } from '../../../../test/op/run-op.js';
import { findTool, toolsDirectory, withTools } from '../../../../test/tools.js';

let op: Op;
let docker: LocalDocker;
let registry: LocalRegistry;
let digest: string;
let directory: string;

/** Serves its environment at the port that it is told; ends as MODE says. */
const program = `#!/bin/sh
case "\${MODE:-}" in
  exit) echo "to stderr" >&2; exit "$CODE" ;;
  serve) mkdir -p /tmp/www; env >/tmp/www/env; echo serving; exec busybox httpd -f -p "$PORT" -h /tmp/www ;;
  wait) trap 'echo told to stop; exit 0' TERM; echo waiting; while :; do sleep 0.1; done ;;
  tty) if [ -t 0 ] && [ -t 1 ]; then echo a terminal; else echo no terminal; fi ;;
  read) cat; echo "read all" ;;
  *) env; cat /data/note 2>/dev/null || true ;;
esac
`;
const skaffoldYaml = (...artifacts: readonly (readonly [image: string, context: string])[]) =>
  [
    'apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifacts:\n',
    ...artifacts.map(([image, context]) => `    - {image: ${image}, context: ${context}, docker: {}}\n`),
  ].join('');
const local = 'localhost:5001';

const path = () => `${withTools(['skaffold', 'git']).PATH}:${join(toolsDirectory(), '../docker/usr/bin')}`;
const clientEnv = () => ({ PATH: path(), HOME: op.home, TMPDIR: op.temporary, DOCKER_HOST: docker.host });

beforeAll(async () => {
  op = await bundledOp(['skaffold', 'git']);
  if (whyNoDocker !== undefined) return;
  [docker, registry] = await Promise.all([startDocker('own'), startRegistry()]);
  digest = pushBusybox(`${registry.host}/app:1`, { files: { 'bin/app': program }, entrypoint: '/bin/app' });
  const file = join(op.temporary, 'app.tar');
  execFileSync('crane', ['pull', `${registry.host}/app:1`, file], { env: withTools(['crane']) });
  const engine = (...args: string[]) => execFileSync('docker', args, { env: clientEnv(), stdio: 'pipe' });
  engine('load', '--input', file);
  for (const image of ['shop-api:latest', 'team_app:latest', 'shop-api:v2']) {
    engine('tag', `${registry.host}/app:1`, `${local}/${image}`);
  }
  await rm(file);
}, 120_000);
afterAll(() => Promise.all([op?.dispose(), registry?.stop(), docker?.stop()]));
beforeEach(async () => {
  directory = await mkdtemp(join(op.home, 'shop-'));
  await write({ 'skaffold.yaml': skaffoldYaml(['shop-api', 'api'], ['team/app', 'web']) });
  await Promise.all(['api', 'web'].map((context) => mkdir(join(directory, context))));
});
afterEach(async () => {
  if (whyNoDocker === undefined) expect(await docker.containers()).toEqual([]);
  expect(readdirSync(op.temporary)).toEqual([]);
  await rm(directory, { recursive: true, force: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), content);
  }
}
const built = (...images: readonly (readonly [imageName: string, tag: string])[]) =>
  write({ 'build_result.json': JSON.stringify({ builds: images.map(([imageName, tag]) => ({ imageName, tag })) }) });
const contexts = (entries: object) => write({ '.run.yaml': JSON.stringify({ contexts: entries }) });
const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  execa('node', [op.file, 'run', ...args], {
    cwd: directory,
    env: { ...clientEnv(), ...env },
    extendEnv: false,
    reject: false,
    forceKillAfterDelay: false,
  });
const withoutDocker = (...args: string[]): Promise<Ran> => op.run(directory, ['run', ...args]);

describe('op run without a container', () => {
  it('prints help and the contexts, and exits with 0', async () => {
    const ran = await withoutDocker();
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout).toContain('Usage: op run [options] <context>  |  op run context list');
    expect(ran.stdout).toMatch(/^ {2}api +shop-api +8080 \(default\)$/mu);
  });

  it('prints help without a skaffold.yaml, too', async () => {
    await rm(join(directory, 'skaffold.yaml'));
    const ran = await withoutDocker();
    expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Usage: op run') });
    expect(ran.stderr).toContain('no contexts found: cannot read');
    expect(await withoutDocker('context', 'list')).toMatchObject({ exitCode: 3 });
  });

  it('lists contexts with their configured or inferred ports', async () => {
    await write({ 'web/Dockerfile': 'FROM x\nEXPOSE 3000\n' });
    await contexts({ './api/': { ports: ['8081:8080'] } });
    const ran = await withoutDocker('context', 'list');
    expect(ran.stdout).toBe(
      [
        'Contexts (use: op run <context>):',
        '  CONTEXT  IMAGE     PORT',
        '  api      shop-api  8081:8080 (.run.yaml)',
        '  web      team/app  3000 (EXPOSE in Dockerfile)',
      ].join('\n'),
    );
    const json = JSON.parse((await withoutDocker('context', 'list', '--output=json')).stdout);
    expect(json).toEqual([
      { context: 'api', image: 'shop-api', ports: ['8081:8080'], port: '8080', run: 'api' },
      { context: 'web', image: 'team/app', ports: null, port: '3000', run: 'web' },
    ]);
  });

  it('lists both images that share a context, and requires the name of one', async () => {
    await write({ 'skaffold.yaml': skaffoldYaml(['one', '.'], ['team/two', '.']) });
    const ran = await withoutDocker('context', 'list');
    expect(ran.stdout).toContain('op run <image> when several images share a context');
    expect(ran.stdout).toMatch(/^ {2}\. +one /mu);
    expect(ran.stdout).toMatch(/^ {2}\. +team\/two /mu);
    const refused = await withoutDocker('.');
    expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('the context "." is ambiguous') });
    expect(refused.stderr).toContain('skaffold.yaml builds one and team/two from it');
  });

  it('uses profiles of skaffold.yaml', async () => {
    const profile = 'profiles:\n  - name: small\n    build: {artifacts: [{image: other, context: api, docker: {}}]}\n';
    await write({ 'skaffold.yaml': `${skaffoldYaml(['shop-api', 'api'])}${profile}` });
    expect((await withoutDocker('context', 'list', '--profile=small')).stdout).toContain('other');
    expect(await withoutDocker('context', 'list', '--profile=smal')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('its profiles are small'),
    });
  });

  it.each([
    ['an unknown context', ['nope'], 3, 'skaffold.yaml has api (image shop-api), web (image team/app)'],
    ['too many words', ['api', 'web'], 2, 'op run does not accept "api web"'],
    ['half a word', ['context', 'lst'], 2, 'op run context list'],
    ['a bad port', ['api', '--port=80:80:80'], 3, '"80:80:80" (--port) is not a port'],
    ['a bad variable', ['api', '--env==s3cret'], 2, '--env must be NAME=VALUE'],
    ['an unknown engine', ['api', '--engine=lxc'], 2, 'use one of auto, docker, podman'],
    ['a missing build result', ['api', '--build-result=x.json'], 3, 'the file does not exist'],
    ['a bad tag', ['api', '--tag=a b'], 3, 'is not a valid image reference'],
  ])('explains %s', async (_, args, exitCode, words) => {
    const ran = await withoutDocker(...args);
    expect(ran.stderr).toContain(words);
    expect(ran.stderr).not.toContain('s3cret');
    expect(ran.exitCode).toBe(exitCode);
  });

  it('says what to do without docker and podman', async () => {
    const ran = await withoutDocker('api');
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('error: cannot run api');
    expect(ran.stderr).toMatch(/docker is (?:not on PATH|on PATH, but does not answer: .*nowhere)/u);
    expect(ran.stderr).toContain('podman is ');
    expect(ran.stderr).toContain('do:  start Docker');
    expect((await withoutDocker('api', '--engine=docker')).stderr).not.toContain('podman is ');
  });

  it('says which of two run files it uses when they differ, and nothing when they are equal', async () => {
    await contexts({ api: { ports: ['1:1'], env: { A: 's3cret' } } });
    await write({ '.github/octopilot.yaml': 'tag: v2\ncontexts: {api: {ports: ["1:1"], env: {A: other}}}\n' });
    const ran = await withoutDocker('context', 'list');
    expect(ran.stderr).toBe(
      'warning: .run.yaml and .github/octopilot.yaml differ in tag, contexts.api: using .run.yaml, ignoring the other',
    );
    await write({ '.github/octopilot.yaml': 'contexts: {api: {ports: ["1:1"], env: {A: s3cret}}}\n' });
    expect((await withoutDocker('context', 'list')).stderr).toBe('');
    await rm(join(directory, '.run.yaml'));
    expect((await withoutDocker('context', 'list')).stdout).toContain('1:1 (.github/octopilot.yaml)');
  });

  it('warns about unknown keys and contexts in a run file', async () => {
    await contexts({ api: { port: 80 }, apo: {} });
    const { stderr } = await withoutDocker('context', 'list');
    expect(stderr).toContain('warning: .run.yaml: ignoring unknown keys: contexts.api.port');
    expect(stderr).toContain('warning: .run.yaml: unknown contexts: apo; skaffold.yaml has api, web');
  });

  it('lists the contexts of a subdirectory, and of a skaffold file with another name', async () => {
    await write({ 'sub/s.yaml': skaffoldYaml(['a', 'x']) });
    const ran = await withoutDocker('context', 'list', '--directory=sub', '--filename=s.yaml');
    expect(ran.stdout).toMatch(/^ {2}x +a /mu);
  });
});

describe.skipIf(whyNoDocker !== undefined)('op run', () => {
  it('runs the image of the build result, with variables and volumes, and shows none of their values', async () => {
    await built(['shop-api', `${local}/shop-api:v2`], ['team/app', 'r.io/nowhere:1']);
    await write({ 'notes/note': 'from a volume\n' });
    await contexts({
      api: {
        env: { TOKEN: 's3cret-1', LINES: 'one\ntwo s3cret-2', EMPTY: '', MINE: null },
        volumes: ['./notes:/data:ro'],
      },
    });
    const ran = await start(['api', '--env=ADDED=s3cret=3', '--debug'], { MINE: 's3cret-4' });
    expect(ran.stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'PORT=8080',
        'TOKEN=s3cret-1',
        'LINES=one',
        'two s3cret-2',
        'EMPTY=',
        'MINE=s3cret-4',
        'ADDED=s3cret=3',
        'from a volume',
      ]),
    );
    expect(ran.stderr).toContain(`running api: ${local}/shop-api:v2 (build_result.json) with docker\n`);
    expect(ran.stderr).toContain('environment: PORT, TOKEN, LINES, EMPTY, MINE, ADDED (values are not shown)\n');
    expect(ran.stderr).toMatch(/http:\/\/localhost:\d+ is port 8080 of the container \(default\)\n/u);
    expect(ran.stderr).toMatch(/api ended with exit code 0 after [\d.]+ s; next: op run api$/u);
    expect(ran.stderr).not.toContain('s3cret');
    expect(ran.exitCode).toBe(0);
  });

  it('finds an image with slashes in its name in the build result', async () => {
    await built(['app', 'r.io/nowhere:1'], ['team/app', `${local}/shop-api:v2`]);
    const ran = await start(['web']);
    expect(ran.stderr).toContain(`running web: ${local}/shop-api:v2 (build_result.json)`);
    expect(ran.exitCode).toBe(0);
    expect((await start(['team/app'])).exitCode).toBe(0);
  });

  it('lists the images of a build result that has only others', async () => {
    await built(['other', 'r.io/other:1']);
    expect(await start(['api'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('build_result.json has no image "shop-api"\n  why: it lists other'),
    });
  });

  it.each([
    ['the default', {}, [], {}, `${local}/shop-api:latest (default, no build result used)`],
    [
      'the run file over the environment',
      { default_repo: local, tag: 'v2' },
      [],
      { SKAFFOLD_DEFAULT_REPO: 'x.io' },
      `${local}/shop-api:v2 (.run.yaml:1, no`,
    ],
    ['the environment', {}, [], { SKAFFOLD_DEFAULT_REPO: local }, `${local}/shop-api:latest (environment, no`],
    [
      'flags over everything',
      { default_repo: 'x.io', tag: 'x' },
      ['--repo', local, '--tag=v2'],
      {},
      `${local}/shop-api:v2 (--default-repo, no`,
    ],
  ])('without a build result uses the image from %s', async (_, file, flags, env, words) => {
    await write({ '.run.yaml': JSON.stringify(file) });
    const ran = await start(['api', ...flags], env as Record<string, string>);
    expect(ran.stderr).toContain(`running api: ${words}`);
    expect(ran.exitCode).toBe(0);
  });

  it('names an image with slashes as Skaffold does', async () => {
    const ran = await start(['web']);
    expect(ran.stderr).toContain(`running web: ${local}/team_app:latest`);
    expect(ran.exitCode).toBe(0);
  });

  it.each([1, 3, 125, 126, 200])('exits with the exit code of the container: %i', async (code) => {
    const ran = await start(['api', '--env=MODE=exit', `--env=CODE=${code}`]);
    expect(ran.exitCode).toBe(code);
    expect(ran.stderr).toContain('to stderr\n');
    expect(ran.stderr).toContain(`error: api ended with exit code ${code} after `);
  });

  it('fails for an image that does not exist', async () => {
    const ran = await start(['api', '--tag=nowhere']);
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain(`error: docker cannot pull ${local}/shop-api:nowhere`);
    expect(ran.stderr).toContain(
      'if its registry is not running: op start-registry\n       if it is not built yet: op build-push',
    );
  });

  it('publishes the first free port from 8080 on loopback, and another one when it is taken', async () => {
    const other = start(['api', '--env=MODE=serve']);
    const first = await urlOf(other);
    const env = await execa(docker.inNetwork[0] ?? '', [...docker.inNetwork.slice(1), 'curl', '-s', `${first}/env`]);
    expect(env.stdout).toContain('PORT=8080');
    // op looks for a free port in the network of this machine; those of the daemon are known to the daemon only.
    const second = start(['api', '--env=MODE=serve']);
    await until(second, 'serving');
    expect(await text(second)).toContain('the port was taken in the meantime: trying another one');
    const fixed = await start(['api', `--port=127.0.0.1:${new URL(first).port}:8080`]);
    expect(fixed).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('a host port is taken') });
    for (const child of [other, second]) child.kill('SIGTERM');
    expect((await Promise.all([other, second])).map(({ exitCode }) => exitCode)).toEqual([143, 143]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('stops the container on %s', async (signal) => {
    const child = start(['api', '--env=MODE=wait']);
    await until(child, 'waiting');
    expect(await docker.containers()).toEqual([expect.stringMatching(/^\/op-run-api-/u)]);
    child.kill(signal);
    const ended = await child;
    expect(ended.stdout).toContain('told to stop');
    expect(ended.exitCode).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
  });

  it('removes the container also at the second Ctrl-C, which does not wait', async () => {
    const child = start(['api', '--env=MODE=serve']);
    await until(child, 'serving');
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGINT'), 200);
    expect((await child).exitCode).toBe(130);
    for (let attempt = 0; attempt < 50 && (await docker.containers()).length > 0; attempt++) await pause(100);
  });

  it('gives the container a terminal only when op has one', async () => {
    expect((await start(['api', '--env=MODE=tty'])).stdout).toBe('no terminal');
    expect((await start(['api', '--env=MODE=read'])).stdout).toBe('read all');
    const command = `node ${op.file} run api --env=MODE=tty`;
    const script = findTool('script', process.env.PATH ?? '') ?? '';
    const inTerminal = await execa(script, ['-qec', command, '/dev/null'], {
      cwd: directory,
      env: clientEnv(),
      extendEnv: false,
      stdin: 'ignore',
    });
    expect(inTerminal.stdout).toContain('a terminal');
  });

  it('reports an image whose program is missing', async () => {
    await contexts({ api: { volumes: ['./empty:/bin'] } });
    await mkdir(join(directory, 'empty'));
    const ran = await start(['api']);
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('error: docker cannot start api');
  });
});

describe.skipIf(whyNoDocker !== undefined)('op run of an image that is only in a registry', () => {
  let pulling: LocalDocker;
  beforeAll(async () => {
    pulling = await startDocker();
  });
  afterAll(() => pulling?.stop());

  it('pulls it by digest', async () => {
    const reference = `${registry.host}/app:1@${digest}`;
    await built(['shop-api', reference]);
    const ran = await start(['api'], { DOCKER_HOST: pulling.host });
    expect(ran.stderr).toContain(`running api: ${reference} (build_result.json) with docker\n`);
    expect(ran.stderr).toContain(`pulling ${reference}\n`);
    expect(ran.stdout).toContain('PORT=8080');
    expect(ran.exitCode).toBe(0);
    expect(await pulling.containers()).toEqual([]);
    const again = await start(['api'], { DOCKER_HOST: pulling.host });
    expect(again.stderr).not.toContain('pulling');
  });
});

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
type Child = ReturnType<typeof start>;
const said = new WeakMap<object, { all: string }>();
const text = async (child: Child) => said.get(child)?.all ?? '';
/** Waits until a child has printed something. */
async function until(child: Child, sign: string): Promise<void> {
  const heard = said.get(child) ?? { all: '' };
  if (!said.has(child)) {
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (heard.all += String(part)));
    said.set(child, heard);
  }
  for (let attempt = 0; !heard.all.includes(sign); attempt++) {
    if (attempt === 300 || child.exitCode !== null) throw new Error(`no "${sign}" in: ${heard.all}`);
    await pause(50);
  }
}
async function urlOf(child: Child): Promise<string> {
  await until(child, 'serving');
  return /http:\/\/localhost:\d+/u.exec(await text(child))?.[0] ?? '';
}
