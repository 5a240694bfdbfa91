import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  dockerConfig,
  type LocalRegistry,
  password,
  startPasswordRegistry,
  startPlainRegistry,
  startReferrersRegistry,
} from '../../../../test/op/local-registry.js';
import { attach, pushImage, registryTool } from '../../../../test/op/pushed-image.js';
import { testContext } from '../../../../test/op/test-context.js';
import { startUnrulyRegistry } from '../../../../test/op/unruly-registry.js';
import { withTools } from '../../../../test/tools.js';
import { parseReference, type Reference, registryOf } from './reference.js';
import { openRegctl, type Regctl } from './regctl.js';

let room: string;
let plain: LocalRegistry;
let locked: LocalRegistry;
let tls: LocalRegistry;

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'regctl-test-'));
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', join(room, 'key.pem'), '-out', join(room, 'cert.pem')],
    ],
    { stdio: 'ignore' },
  );
  [plain, locked, tls] = await Promise.all([
    startPlainRegistry(),
    startPasswordRegistry(),
    startReferrersRegistry({ key: join(room, 'key.pem'), cert: join(room, 'cert.pem') }),
  ]);
});
afterAll(async () => {
  await Promise.all([plain?.stop(), locked?.stop(), tls?.stop(), rm(room, { recursive: true, force: true })]);
});

function image(text: string): Reference {
  const reference = parseReference(text);
  if ('problem' in reference) throw new Error(reference.problem);
  return reference;
}

interface Setup {
  readonly insecure?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

async function at<T>(
  target: Reference,
  act: (regctl: Regctl) => Promise<T>,
  { insecure = [], env = {} }: Setup = {},
): Promise<T> {
  const { context } = testContext({ env: { ...withTools(['regctl', 'crane']), HOME: room, ...env } });
  await using regctl = await openRegctl(context, { insecure, env: {}, pauses: [10] }, [registryOf(target)]);
  return await act(regctl);
}

describe('regctl', () => {
  it('gives the digest of an image with one request, and reports that another does not exist', async () => {
    const counted = await startUnrulyRegistry(plain.host);
    const digest = await pushImage(`${plain.host}/a/b:v1`);
    const target = image(`${counted.host}/a/b:v1`);
    expect(await at(target, ({ look }) => look(target))).toEqual({ digest });
    expect(counted.requests).toHaveLength(1);
    expect(await at(target, ({ look }) => look({ ...target, tag: 'v2' }))).toMatchObject({ problem: 'absent' });
    expect(await at(target, ({ artifacts }) => artifacts({ ...target, tag: 'v2' }))).toMatchObject({
      problem: 'absent',
    });
    await counted.stop();
  });

  it('lists what refers to an image', async () => {
    const digest = await pushImage(`${plain.host}/a/c:v1`);
    const one = await attach(`${plain.host}/a/c@${digest}`, 'application/vnd.example.sbom');
    const two = await attach(`${plain.host}/a/c@${one}`, 'application/vnd.example.signature');
    const target = image(`${plain.host}/a/c:v1@${digest}`);
    expect(await at(target, ({ artifacts }) => artifacts(target))).toEqual({
      digest,
      referrers: [one, two],
      digestTags: [],
    });
  });

  it('ignores the configuration that a user has for regctl', async () => {
    await mkdir(join(room, '.regctl'), { recursive: true });
    await writeFile(join(room, '.regctl/config.json'), JSON.stringify({ hosts: { [plain.host]: { tls: 'enabled' } } }));
    const digest = await pushImage(`${plain.host}/a/d:v1`);
    const target = image(`${plain.host}/a/d:v1`);
    expect(await at(target, ({ look }) => look(target))).toEqual({ digest });
  });

  it.each([
    ['by its host', (host: string) => host],
    ['by its address', (host: string) => `http://${host}/v1/`],
    ['by the address of its API', (host: string) => `https://${host}/v2/`],
  ])('logs in where the Docker config names the registry %s', async (_, key) => {
    const { auths } = JSON.parse(dockerConfig(locked.host, password));
    await writeFile(join(room, 'config.json'), JSON.stringify({ auths: { [key(locked.host)]: auths[locked.host] } }));
    const target = image(`${locked.host}/a/b:v1`);
    const answer = await at(target, ({ look }) => look(target), { env: { DOCKER_CONFIG: room } });
    expect(answer).toMatchObject({ problem: 'absent' });
  });

  it('uses TLS for a registry on this machine that has it', async () => {
    const target = image(`${tls.host}/a/b:v1`);
    const untrusted = await at(target, ({ look }) => look(target));
    expect(untrusted).toMatchObject({ problem: 'unreachable', error: { why: expect.stringContaining('x509') } });
    const trusted = await at(target, ({ look }) => look(target), { env: { SSL_CERT_FILE: join(room, 'cert.pem') } });
    expect(trusted).toMatchObject({ problem: 'absent' });
    const unchecked = await at(target, ({ look }) => look(target), { insecure: [tls.host] });
    expect(unchecked).toMatchObject({ problem: 'absent' });
  });

  it('is reported when it is not installed', async () => {
    const target = image(`${plain.host}/a/b:v1`);
    const looking = at(target, ({ look }) => look(target), { env: { PATH: '/nowhere' } });
    await expect(looking).rejects.toMatchObject({ kind: 'tool', why: expect.stringContaining('regctl') });
  });

  it('copies an image that is named by tag only', async () => {
    const digest = await pushImage(`${plain.host}/a/e:v1`);
    const target = image(`${plain.host}/a/f:v7`);
    await at(target, ({ copy }) => copy(image(`${plain.host}/a/e:v1`), target, { referrers: true }));
    expect(await registryTool('crane', ['digest', `${plain.host}/a/f:v7`])).toBe(digest);
  });
});
