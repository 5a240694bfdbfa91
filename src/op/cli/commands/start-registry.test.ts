import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushBusybox } from '../../../../test/op/busybox-image.js';
import { type LocalDocker, startDocker, whyNoDocker } from '../../../../test/op/local-docker.js';
import { freePort, startPasswordRegistry, startRegistry } from '../../../../test/op/local-registry.js';
import { bundledOp, type Op } from '../../../../test/op/run-op.js';
import { findTool, toolsDirectory, withTools } from '../../../../test/tools.js';

let op: Op;
let home: string;
let port: number;

beforeAll(async () => {
  op = await bundledOp(['crane']);
});
afterAll(() => op.dispose());
beforeEach(async () => {
  home = await mkdtemp(join(op.home, 'state-'));
  port = await freePort();
});
afterEach(async () => {
  const { pid } = await written();
  if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
  expect(await readdir(op.temporary)).toEqual([]);
  await rm(home, { recursive: true, force: true });
});

const start = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  op.run(home, ['start-registry', `--port=${port}`, ...args], { XDG_STATE_HOME: home, ...env });
const stateDirectory = () => join(home, 'octopipeline', `registry-${port}`);
const written = async (): Promise<{ pid?: number; identity?: string }> =>
  JSON.parse(await readFile(join(stateDirectory(), 'registry.json'), 'utf8').catch(() => '{}'));
const status = async (env?: Readonly<Record<string, string>>) =>
  JSON.parse((await start(['--status', '--output=json'], env)).stdout);
const crane = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  execFileSync('crane', args, { env: { ...withTools(['crane']), ...env }, encoding: 'utf8', stdio: 'pipe' }).trim();
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !execFileSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
};
const pidOf = async () => (await written()).pid ?? 0;

/** A PATH with only node and the named tools. */
async function pathWith(...tools: readonly string[]): Promise<string> {
  const directory = await mkdtemp(join(home, 'path-'));
  for (const tool of ['node', ...tools]) {
    const path = findTool(tool, withTools(tool === 'node' ? [] : [tool]).PATH ?? '');
    if (path !== undefined) symlinkSync(path, join(directory, tool));
  }
  return directory;
}

describe('op start-registry without a Docker daemon', () => {
  it('says how to start the same registry again after it has ended', async () => {
    await start(['--tls', `--data=${home}/my images`]);
    const again = `next: op start-registry --port=${port} --data='${home}/my images' --tls`;
    process.kill(await pidOf(), 'SIGKILL');
    expect((await start(['--status'])).stderr).toContain(again);
    expect((await start(['--stop'])).stderr).toContain(`${again} starts it again`);
  });

  it('starts a registry that outlives op, does nothing when it is running, stops it, and keeps its images', async () => {
    const ran = await start();
    expect(ran.stderr).toContain(`starting docker-registry on 127.0.0.1:${port}, images in ${stateDirectory()}/data\n`);
    expect(ran.stderr).toMatch(
      new RegExp(`the registry is running: http://localhost:${port} \\(docker-registry, process \\d+\\)`, 'u'),
    );
    expect(ran.stderr).toMatch(
      /next: op build-push --default-repo=localhost:\d+; to stop it: op start-registry --stop --port=\d+$/u,
    );
    expect(ran.exitCode).toBe(0);
    const pid = await pidOf();
    expect(isAlive(pid)).toBe(true);
    const image = `localhost:${port}/app:1`;
    const digest = pushBusybox(image);

    const again = await start();
    expect(again.stderr).toContain(
      `the registry is already running: http://localhost:${port} (docker-registry, process ${pid})`,
    );
    expect(await status()).toMatchObject({
      state: 'running',
      url: `http://localhost:${port}`,
      port,
      engine: 'process',
      program: 'docker-registry',
      pid,
      tls: false,
      data: join(stateDirectory(), 'data'),
      log: join(stateDirectory(), 'registry.log'),
      portTaken: false,
    });

    const stopped = await start(['--stop']);
    expect(stopped.stderr).toContain(
      `the registry on port ${port}, process ${pid}, has stopped; its images stay in ${stateDirectory()}/data`,
    );
    expect(isAlive(pid)).toBe(false);
    expect(await status()).toMatchObject({ state: 'stopped', pid: null });
    expect((await start(['--stop'])).stderr).toContain(`op has no registry on port ${port}: nothing to stop`);

    await start();
    expect(crane(['digest', image])).toBe(digest);
  });

  it('stops only its own registry, and leaves one on another port running', async () => {
    const other = await startPasswordRegistry();
    await start();
    const pid = await pidOf();
    const first = port;
    port = await freePort();
    await start();
    const second = await pidOf();
    expect((await start(['--stop'])).exitCode).toBe(0);
    expect([pid, second].map(isAlive)).toEqual([true, false]);
    expect((await fetch(`http://${other.host}/v2/`)).status).toBe(401);
    port = first;
    await start(['--stop']);
    await other.stop();
  });

  it('reports a registry that crashed, and starts it again', async () => {
    await start();
    const pid = await pidOf();
    process.kill(pid, 'SIGKILL');
    const shown = await start(['--status']);
    expect(shown.stdout).toMatch(/^state +ended$/mu);
    expect(shown.stderr).toContain('the last lines of its log:');
    const ran = await start();
    expect(ran.stderr).toContain(`the registry, process ${pid}, ended unexpectedly: starting it again`);
    expect(isAlive(await pidOf())).toBe(true);
  });

  it('never stops a process that only has the number of an old registry', async () => {
    await start();
    const old = await written();
    process.kill(old.pid ?? 0, 'SIGKILL');
    const bystander = execa('sleep', ['60'], { reject: false });
    await writeFile(join(stateDirectory(), 'registry.json'), JSON.stringify({ ...old, pid: bystander.pid }));
    expect(await status()).toMatchObject({ state: 'ended', pid: null });
    expect((await start(['--stop'])).stderr).toContain(`process ${bystander.pid}, had already stopped`);
    expect(isAlive(bystander.pid ?? 0)).toBe(true);
    bystander.kill('SIGKILL');
    await bystander;
  });

  it.each(['', '{', '[]', '{"pid":1}'])('ignores a broken state file "%s"', async (text) => {
    mkdirSync(stateDirectory(), { recursive: true });
    await writeFile(join(stateDirectory(), 'registry.json'), text);
    expect(await status()).toMatchObject({ state: 'stopped' });
    expect((await start()).exitCode).toBe(0);
  });

  it('says that the port is taken, and how to see by which program', async () => {
    const server = createServer((_, response) => response.writeHead(404).end()).listen(port, '127.0.0.1');
    await once(server, 'listening');
    const ran = await start();
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain(`error: port ${port} is taken\n`);
    expect(ran.stderr).toContain(`a program that op did not start is listening on 127.0.0.1:${port}\n`);
    expect(ran.stderr).toContain('choose another port with --port; to see which program it is: ss -ltnp');
    expect(await status()).toMatchObject({ state: 'stopped', portTaken: true });
    server.close();
    const registry = await startRegistry();
    port = Number(registry.host.replace(/.*:/u, ''));
    expect((await start()).stderr).toContain('a registry answers there: use it, or choose another port');
    await registry.stop();
  });

  it('started several times at once is one registry', async () => {
    const ran = await Promise.all([start(), start(), start()]);
    expect(ran.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(ran.filter(({ stderr }) => stderr.includes('the registry is running: '))).toHaveLength(1);
    expect(ran.filter(({ stderr }) => stderr.includes('the registry is already running: '))).toHaveLength(2);
  });

  it('listens on loopback only, unless --listen names another address', async () => {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
    await start();
    if (address !== undefined) expect(await connects(address, port)).toBe(false);
    const ran = await start(['--listen=0.0.0.0']);
    expect(ran.stderr).toContain('it listens on 127.0.0.1; its images stay in');
    expect(ran.stderr).toContain('warning: it listens on 0.0.0.0 and requires no login');
    if (address !== undefined) expect(await connects(address, port)).toBe(true);
  });

  it('keeps images in --data, and ignores environment variables of the registry', async () => {
    const ran = await start(['--data=images'], { REGISTRY_HTTP_ADDR: '127.0.0.1:1', REGISTRY_AUTH: 'silly' });
    expect(ran.exitCode).toBe(0);
    pushBusybox(`localhost:${port}/app:1`);
    expect(existsSync(join(home, 'images/docker/registry/v2/repositories/app'))).toBe(true);
  });

  it('has TLS with a certificate of its own authority', async () => {
    const ran = await start(['--tls']);
    expect(ran.exitCode).toBe(0);
    const caFile = (await start(['--ca-file'])).stdout;
    expect(caFile).toBe(join(home, 'octopipeline/ca/ca.crt'));
    expect(ran.stderr).toContain(`new certificate authority for this user: ${caFile}`);
    expect(ran.stderr).toContain(`the registry is running: https://localhost:${port}`);
    expect(ran.stderr).toContain(`SSL_CERT_DIR=${dirname(caFile)} `);
    expect(ran.stderr).toContain('this machine: ');
    for (const key of [join(home, 'octopipeline/ca/ca.key'), join(stateDirectory(), 'tls.key')]) {
      expect(((await stat(key)).mode & 0o777).toString(8)).toBe('600');
    }
    const curl = (...args: string[]) =>
      execa('curl', ['-sS', ...args, `https://localhost:${port}/v2/`], { reject: false });
    expect((await curl('--cacert', caFile)).stdout).toBe('{}');
    expect((await curl()).exitCode).toBe(60);
    // What Go programs see.
    expect(crane(['catalog', `127.0.0.1:${port}`], { SSL_CERT_DIR: dirname(caFile) })).toBe('');
    const pid = await pidOf();
    expect((await start(['--tls'])).stderr).toContain(`process ${pid}), images`);
    expect(await status()).toMatchObject({ state: 'running', url: `https://localhost:${port}`, tls: true, caFile });

    await writeFile(join(stateDirectory(), 'tls.key'), 'broken');
    expect((await start(['--tls'])).stderr).toContain(`process ${pid}: it has an older certificate`);
    expect((await curl('--cacert', caFile)).stdout).toBe('{}');
    expect((await start()).stderr).toContain('it has TLS; its images stay');
    expect((await fetch(`http://localhost:${port}/v2/`)).status).toBe(200);
  });

  it('works with crane alone, which has no TLS', async () => {
    const env = { PATH: await pathWith('crane', 'openssl') };
    const ran = await start([], env);
    expect(ran.stderr).toContain(`(crane, process `);
    expect(ran.exitCode).toBe(0);
    const digest = pushBusybox(`localhost:${port}/app:1`);
    expect(crane(['digest', `localhost:${port}/app:1`])).toBe(digest);
    expect(await start(['--tls'], env)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('crane, which is on PATH, has no TLS'),
    });
    expect((await start(['--stop'], env)).exitCode).toBe(0);
  });

  it('says what to install when no program is found', async () => {
    const ran = await start([], { PATH: await pathWith() });
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('error: no program found that can run a registry');
    expect(ran.stderr).toContain('install the package docker-registry');
    expect(await start(['--engine=podman'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('podman is not on PATH'),
    });
  });

  it('leaves nothing behind when the registry does not start', async () => {
    const path = await pathWith();
    writeFileSync(
      join(path, 'docker-registry'),
      '#!/bin/sh\n[ "$1" != --version ] || { echo x/distribution 1; exit; }\necho no disk >&2; exit 3\n',
      { mode: 0o755 },
    );
    const ran = await start([], { PATH: `${path}:/usr/bin:/bin` });
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain(
      'error: docker-registry did not start\n  why: it ended with exit code 3:\n       no disk',
    );
    expect(await written()).toEqual({});
    writeFileSync(
      join(path, 'docker-registry'),
      '#!/bin/sh\n[ "$1" != --version ] || { echo x/distribution 1; exit; }\nexec sleep 300\n',
      { mode: 0o755 },
    );
    const late = await start(['--timeout=1s'], { PATH: `${path}:/usr/bin:/bin` });
    expect(late).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('was not ready in time') });
    expect(await written()).toEqual({});
  });

  it.each([
    ['two commands', ['--stop', '--status'], 2, 'cannot be combined'],
    ['a name as an address', ['--listen=example.com'], 2, 'is not an address'],
    ['an address of another machine', ['--listen=192.0.2.1'], 2, 'this machine has no such address'],
    ['TLS on a public address', ['--tls', '--listen=8.8.8.8'], 2, 'private networks'],
    ['a port too high', ['--port=65536'], 2, 'is not a port'],
    ['a file as a directory', ['--data=/dev/null'], 3, 'cannot keep images in /dev/null'],
  ])('refuses %s', async (_, args, exitCode, words) => {
    expect(await start(args)).toMatchObject({ exitCode, stderr: expect.stringContaining(words) });
    expect(await written()).toEqual({});
  });
});

describe.skipIf(whyNoDocker !== undefined)('op start-registry with a Docker daemon', () => {
  let docker: LocalDocker;
  const image = 'distribution-under-test:1';
  const name = () => `octopipeline-registry-${port}`;
  const env = () => ({
    PATH: `${withTools(['crane']).PATH}:${join(toolsDirectory(), '../docker/usr/bin')}`,
    HOME: op.home,
    TMPDIR: op.temporary,
    XDG_STATE_HOME: home,
    DOCKER_HOST: docker.host,
  });
  const engine = (...args: string[]) =>
    execFileSync('docker', args, { env: env(), encoding: 'utf8', stdio: 'pipe' }).trim();
  const inNetwork = (...argv: string[]) => {
    const [program = '', ...args] = [...docker.inNetwork, ...argv];
    return execa(program, args, { cwd: home, env: env(), extendEnv: false, reject: false });
  };
  const run = (...args: string[]) =>
    inNetwork('node', op.file, 'start-registry', `--port=${port}`, `--image=${image}`, ...args);
  const curl = (...args: string[]) => inNetwork('curl', '-sS', ...args);

  beforeAll(async () => {
    docker = await startDocker('own');
    const registry = await startRegistry();
    const directory = await mkdtemp(join(op.home, 'image-'));
    distributionImage(`${registry.host}/${image}`, directory);
    crane(['pull', `${registry.host}/${image}`, join(directory, 'image.tar')]);
    home = op.home;
    engine('load', `--input=${join(directory, 'image.tar')}`);
    engine('tag', `${registry.host}/${image}`, image);
    await registry.stop();
    rmSync(directory, { recursive: true });
  }, 120_000);
  afterAll(() => docker?.stop());
  afterEach(() => {
    for (const id of engine('ps', '--all', '--quiet').split('\n').filter(Boolean)) engine('rm', '--force', id);
  });

  it('runs a container that restarts, does nothing when it is running, and keeps the images when it is removed', async () => {
    const ran = await run();
    expect(ran.stderr).toContain(`starting ${image} with docker on 127.0.0.1:${port}\n`);
    expect(ran.stderr).toContain(
      `the registry is running: http://localhost:${port} (container ${name()}, which restarts with docker), images in the volume ${name()}`,
    );
    expect(ran.exitCode).toBe(0);
    expect((await curl(`http://localhost:${port}/v2/`)).stdout).toBe('{}');
    const format = '{{.Id}} {{.HostConfig.RestartPolicy.Name}} {{json .HostConfig.PortBindings}}';
    const [id, policy, bindings] = engine('inspect', `--format=${format}`, name()).split(' ');
    expect(policy).toBe('unless-stopped');
    expect(JSON.parse(bindings ?? '')).toEqual({ '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: `${port}` }] });

    expect((await run()).stderr).toContain(
      `the registry is already running: http://localhost:${port} (container ${name()})`,
    );
    expect(engine('inspect', '--format={{.Id}}', name())).toBe(id);
    const shown = JSON.parse((await run('--status', '--output=json')).stdout);
    expect(shown).toMatchObject({
      state: 'running',
      engine: 'docker',
      container: name(),
      image,
      data: `the volume ${name()}`,
      tls: false,
    });

    engine('stop', '-t', '1', name());
    expect(JSON.parse((await run('--status', '--output=json')).stdout)).toMatchObject({ state: 'ended' });
    expect((await run()).stderr).toContain(`replacing the container ${name()}: it is not running`);
    const stopped = await run('--stop');
    expect(stopped.stderr).toContain(`removed the container ${name()}; its images stay in the volume ${name()}`);
    expect(await docker.containers()).toEqual([]);
    expect(engine('volume', 'ls', '--quiet').split('\n')).toContain(name());
    expect((await run('--stop')).stderr).toContain('nothing to stop');
  });

  it('has TLS, with its key copied into the container', async () => {
    const data = join(home, 'images');
    const ran = await run('--tls', `--data=${data}`);
    expect(ran.stderr).toContain(`the registry is running: https://localhost:${port}`);
    expect(ran.exitCode).toBe(0);
    const caFile = join(home, 'octopipeline/ca/ca.crt');
    expect((await curl('--cacert', caFile, `https://localhost:${port}/v2/`)).stdout).toBe('{}');
    expect((await run('--tls', `--data=${data}`)).stderr).toContain('is already running');
    expect((await run(`--data=${data}`)).stderr).toContain('it has TLS; its images stay in');
  });

  it('removes a container that op did not create only with --replace', async () => {
    engine('create', `--name=${name()}`, image);
    const refused = await run();
    expect(refused).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining(`op did not create the container ${name()}`),
    });
    expect((await run('--stop')).stderr).toContain(`op did not create the container ${name()}`);
    expect(await docker.containers()).toEqual([`/${name()}`]);
    expect((await run('--replace')).exitCode).toBe(0);
  });

  it('says that a container of another name has the port, and does not remove it', async () => {
    engine('run', '--detach', '--name=registry', `--publish=${port}:5000`, image);
    for (const ran of [await run(), await run('--replace')]) {
      expect(ran.exitCode).toBe(4);
      expect(ran.stderr).toContain(`error: port ${port} is taken\n`);
    }
    expect(await docker.containers()).toEqual(['/registry']);
  });

  it('removes a container whose program is not a registry, and shows what it printed', async () => {
    engine('create', '--name=broken', image);
    engine('commit', '--change=ENTRYPOINT ["/bin/sh","-c","echo not a registry; exit 3"]', 'broken', 'broken:1');
    engine('rm', 'broken');
    const ran = await run('--image=broken:1');
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('not a registry');
    expect(await docker.containers()).toEqual([]);
  });

  it('can still be a process, and stays one', async () => {
    const ran = await run('--engine=process');
    expect(ran.stderr).toContain('(docker-registry, process ');
    expect((await run()).stderr).toContain('is already running');
    const moved = await run('--engine=docker');
    expect(moved.stderr).toContain('a container was requested; its images stay in');
    expect((await run('--engine=process')).stderr).toContain(
      `replacing the container ${name()}: a process was requested`,
    );
    expect((await run('--stop')).exitCode).toBe(0);
  });
});

/** This machine's registry in an image, laid out like its project's own image. */
function distributionImage(reference: string, directory: string): void {
  pushBusybox(reference);
  const program = findTool('docker-registry', withTools(['docker-registry']).PATH ?? '') ?? '';
  const root = join(directory, 'root');
  const ldd = findTool('ldd', process.env.PATH ?? '') ?? '';
  const linked = execFileSync(ldd, [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/gu);
  for (const path of [program, ...[...linked].map(([, library = '']) => library)]) {
    const target = join(root, path === program ? '/bin/registry' : path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(path), target);
  }
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(
    join(root, 'etc/config.yml'),
    JSON.stringify({
      version: '0.1',
      storage: { filesystem: { rootdirectory: '/var/lib/registry' } },
      http: { addr: ':5000' },
    }),
  );
  execFileSync('tar', ['-C', root, '-cf', join(directory, 'layer.tar'), '.']);
  crane(['append', '--base', reference, '-f', join(directory, 'layer.tar'), '-t', reference]);
  crane(['mutate', '--entrypoint=/bin/registry,serve,/etc/config.yml', '-t', reference, reference]);
}

const connects = (host: string, to: number) =>
  new Promise<boolean>((answer) => {
    const socket = connect({ host, port: to, timeout: 1000 });
    const end = (is: boolean) => {
      socket.destroy();
      answer(is);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
