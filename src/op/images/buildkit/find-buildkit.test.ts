import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainBuild } from '../../../../test/op/dockerfile-build.js';
import {
  type Certificates,
  type LocalBuildKit,
  makeCertificates,
  startBuildKit,
  whyNoBuildKit,
} from '../../../../test/op/local-buildkitd.js';
import { freePort } from '../../../../test/op/local-registry.js';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { buildDockerfile } from './build.js';
import { checkBuildKit, findBuildKit } from './find-buildkit.js';

let room: string;
const none = { host: undefined, tls: undefined };

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'find-buildkit-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

const find = (
  env: Readonly<Record<string, string>>,
  request: Partial<typeof none> | Readonly<Record<string, string>> = {},
) => findBuildKit(testContext({ env, cwd: room }).context, { ...none, ...request });

describe('a BuildKit server', () => {
  it('is the named one, else the one in BUILDKIT_HOST', async () => {
    const env = { BUILDKIT_HOST: 'tcp://of-env:1234' };
    expect(await find(env, { host: 'tcp://named:1234' })).toMatchObject({
      address: 'tcp://named:1234',
      origin: '--buildkit-host',
    });
    expect(await find(env)).toMatchObject({ address: 'tcp://of-env:1234', origin: 'BUILDKIT_HOST' });
    expect(await find(env, { host: '' })).toMatchObject({ origin: 'BUILDKIT_HOST' });
  });

  it('is the usual socket if it answers, else undefined', async () => {
    const runtime = join(room, 'runtime');
    await mkdir(join(runtime, 'buildkit'), { recursive: true });
    const socket = join(runtime, 'buildkit/buildkitd.sock');
    const server = createServer().listen(socket);
    await new Promise((done) => server.once('listening', done));
    const env = { XDG_RUNTIME_DIR: runtime, BUILDKIT_HOST: '' };
    expect(await find(env)).toEqual({ address: `unix://${socket}`, tls: undefined, origin: 'the usual socket' });
    await new Promise((done) => server.close(done));
    await writeFile(socket, '');
    expect(await find(env)).toBeUndefined();
    expect(await find({})).toBeUndefined();
  });

  it.each(['unix:///run/x.sock', 'tcp://[::1]:1234', 'kube-pod://buildkitd-0?namespace=ci', 'docker-container://bk'])(
    'can be at %s',
    async (host) => {
      expect(await find({}, { host })).toMatchObject({ address: host });
    },
  );

  it.each([
    ['buildkitd:1234', 'it has no scheme such as tcp://'],
    ['http://buildkitd:1234', 'the scheme http is unknown'],
    ['tcp://buildkitd', 'a tcp address is a host, a colon and a port, and nothing else'],
    ['tcp://buildkitd:70000', '70000 is not a valid port'],
    ['tcp://buildkitd:1234/x', 'a tcp address is a host, a colon and a port, and nothing else'],
    ['tcp://--help:1 2', 'it has a space or a control character'],
    ['unix://socket', 'the path of a socket must start with a slash'],
    ['kube-pod://', 'there is nothing after the scheme'],
  ])('cannot be at %s', async (host, why) => {
    await expect(find({}, { host })).rejects.toMatchObject({ kind: 'input', why });
  });

  it('needs all three certificate files, under either name', async () => {
    const host = 'tcp://named:1234';
    const tls = join(room, 'certificates');
    await mkdir(tls);
    await expect(find({}, { host, tls: 'no-such-directory' })).rejects.toMatchObject({ kind: 'input' });
    await writeFile(join(tls, 'ca.crt'), '');
    await writeFile(join(tls, 'cert.pem'), '');
    await expect(find({}, { host, tls })).rejects.toMatchObject({
      kind: 'input',
      why: 'key.pem or tls.key not found',
    });
    await writeFile(join(tls, 'tls.key'), '');
    expect(await find({}, { host, tls: 'certificates' })).toMatchObject({ tls });
  });
});

describe.skipIf(whyNoBuildKit !== undefined)('a BuildKit server with mutual TLS', () => {
  let server: LocalBuildKit;
  let own: Certificates;
  let other: Certificates;
  const env = withTools(['buildctl']);

  beforeAll(async () => {
    own = makeCertificates(room, 'own');
    other = makeCertificates(room, 'other');
    server = await startBuildKit({ certificates: own });
  });
  afterAll(() => server?.stop());

  let count = 0;
  /** A directory of certificates, under the names in BuildKit's documentation or in a Secret. */
  async function directory(ca: string, pair: Certificates['client'], names = ['ca.pem', 'cert.pem', 'key.pem']) {
    const path = join(room, `tls-${++count}`);
    await mkdir(path);
    const [caName = '', certName = '', keyName = ''] = names;
    await Promise.all([
      copyFile(ca, join(path, caName)),
      copyFile(pair.cert, join(path, certName)),
      copyFile(pair.key, join(path, keyName)),
    ]);
    return path;
  }
  const check = (tls: string | undefined, address = server.address) =>
    checkBuildKit(testContext({ env, cwd: room }).context, { address, tls, origin: '--buildkit-host' });

  it('accepts a client certificate of its authority', async () => {
    await check(await directory(own.ca, own.client));
    await check(await directory(own.ca, own.client, ['ca.crt', 'tls.crt', 'tls.key']));
  });

  it('rejects a client with no certificate or one of another authority, and is rejected if its own does not match', async () => {
    await expect(check(undefined)).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('it requires TLS'),
    });
    await expect(check(await directory(own.ca, other.client))).rejects.toMatchObject({
      kind: 'tool',
      message: `cannot reach BuildKit at ${server.address} (--buildkit-host)`,
      why: expect.stringContaining('it rejects the client certificate'),
    });
    await expect(check(await directory(other.ca, own.client))).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringContaining('its certificate is not signed by the authority'),
    });
    const mixed = await directory(own.ca, { cert: own.client.cert, key: other.client.key });
    await expect(check(mixed)).rejects.toMatchObject({ why: expect.stringContaining('not a certificate and its key') });
    const local = server.address.replace('127.0.0.1', 'localhost');
    await expect(check(await directory(own.ca, own.client), local)).rejects.toMatchObject({
      why: expect.stringContaining('not valid for this address'),
    });
  });

  it('has its own error if nothing answers, or the server is not BuildKit', async () => {
    await expect(check(undefined, `tcp://127.0.0.1:${await freePort()}`)).rejects.toMatchObject({
      kind: 'tool',
      why: expect.stringMatching(/^nothing answers at this address: .*connection refused/u),
    });
    await expect(check(undefined, 'tcp://no-such-host.invalid:1')).rejects.toMatchObject({ kind: 'tool' });
    await expect(check(undefined, `unix://${join(room, 'none.sock')}`)).rejects.toMatchObject({
      why: expect.stringContaining('no such file'),
    });
    const tls = await directory(own.ca, own.client);
    const plain = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await new Promise((done) => plain.once('listening', done));
    const address = plain.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await expect(check(tls, `tcp://127.0.0.1:${port}`)).rejects.toMatchObject({
      why: expect.stringContaining('it does not use TLS'),
    });
    plain.close();
  });

  it('builds, and explains certificate problems in a build just as in a check', async () => {
    await writeFile(join(room, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    const { context } = testContext({ env, cwd: room });
    const build = plainBuild(room, { layout: join(room, 'layout') });
    const through = async (tls: string | undefined) =>
      buildDockerfile(context, {}, { address: server.address, tls, origin: '--buildkit-host' }, build, () => {});
    const built = await through(await directory(own.ca, own.client));
    expect(built.digest).toMatch(/^sha256:/u);
    await expect(through(await directory(own.ca, other.client))).rejects.toMatchObject({
      message: `cannot reach BuildKit at ${server.address} (--buildkit-host)`,
      why: expect.stringContaining('it rejects the client certificate'),
    });
  });
});
