import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logInto, testContext } from '../../../../test/op/test-context.js';
import { ensureCa, ensureCertificate, trustInstructions } from './certificates.js';
import { caPaths, registryPaths } from './state-directory.js';

let home: string;
const env = () => ({ PATH: process.env.PATH, XDG_STATE_HOME: home });
const at = (days: number, printed: string[] = []) => {
  const write = (text: string) => void printed.push(text);
  return testContext({
    env: env(),
    now: () => new Date(Date.now() + days * 24 * 60 * 60 * 1000),
    log: logInto(write),
  }).context;
};
const paths = () => registryPaths(env(), 5001);
const mode = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);
const openssl = (...args: string[]) => execa('openssl', args, { cwd: home, reject: false });

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'certificates-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe("a certificate of op's authority", () => {
  it('is valid for this machine, and its keys are private', async () => {
    const made = await ensureCertificate(at(0), paths(), '127.0.0.1');
    const { certificate, key, root } = paths();
    const leaf = new X509Certificate(await readFile(certificate));
    expect(leaf.subjectAltName).toContain('DNS:localhost');
    expect(leaf.checkIP('127.0.0.1')).toBeDefined();
    expect(leaf.fingerprint256).toBe(made.fingerprint);
    for (const name of ['localhost', 'registry.local', 'host.docker.internal']) {
      const verified = await openssl(
        'verify',
        '-x509_strict',
        '-purpose',
        'sslserver',
        '-verify_hostname',
        name,
        '-CAfile',
        made.caFile,
        certificate,
      );
      expect(verified.stdout + verified.stderr).toContain(': OK');
    }
    const ca = caPaths(env());
    expect(await Promise.all([key, ca.key, root, ca.root].map(mode))).toEqual(['600', '600', '700', '700']);
    expect((await readdir(ca.root)).toSorted()).toEqual(['ca.crt', 'ca.key']);
  });

  it('is valid for the address that the registry listens on', async () => {
    await ensureCertificate(at(0), paths(), '192.168.7.8');
    const leaf = new X509Certificate(await readFile(paths().certificate));
    expect(leaf.checkIP('192.168.7.8')).toBeDefined();
    await ensureCertificate(at(0), paths(), '0.0.0.0');
    expect(new X509Certificate(await readFile(paths().certificate)).fingerprint).toBe(leaf.fingerprint);
    await ensureCertificate(at(0), paths(), '::1');
    await ensureCertificate(at(0), paths(), '10.0.0.1');
    expect(new X509Certificate(await readFile(paths().certificate)).fingerprint).not.toBe(leaf.fingerprint);
  });

  it('is kept, and replaced a month before it expires, by the same authority', async () => {
    const first = await ensureCertificate(at(0), paths(), '127.0.0.1');
    const authority = await readFile(first.caFile, 'utf8');
    expect((await ensureCertificate(at(300), paths(), '127.0.0.1')).fingerprint).toBe(first.fingerprint);
    const printed: string[] = [];
    const second = await ensureCertificate(at(370, printed), paths(), '127.0.0.1');
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(await readFile(second.caFile, 'utf8')).toBe(authority);
    expect(printed).toEqual([
      expect.stringMatching(/^new certificate for localhost and 127\.0\.0\.1, valid until \d{4}-/u),
    ]);
  });

  it.each(['key', 'certificate'] as const)('is replaced when its %s is broken', async (part) => {
    const first = await ensureCertificate(at(0), paths(), '127.0.0.1');
    await writeFile(paths()[part], 'broken');
    expect((await ensureCertificate(at(0), paths(), '127.0.0.1')).fingerprint).not.toBe(first.fingerprint);
  });
});

describe('the authority', () => {
  it('stays the same, even for two that need it at once, and is announced when it is new', async () => {
    const printed: string[] = [];
    const [one, two] = await Promise.all([ensureCa(at(0, printed)), ensureCa(at(0, printed))]);
    expect(one).toBe(two);
    expect(printed.filter((line) => line.startsWith('new certificate authority'))).toHaveLength(1);
    const before = await readFile(one, 'utf8');
    expect(await readFile(await ensureCa(at(3000)), 'utf8')).toBe(before);
    expect(await readFile(await ensureCa(at(3640, printed)), 'utf8')).not.toBe(before);
    expect(printed.at(-1)).toContain('near its end');
  });

  it('cannot issue certificates for other names', async () => {
    await ensureCa(at(0));
    const ca = caPaths(env());
    const sign = async (name: string) => {
      await writeFile(join(home, 'ext'), `subjectAltName = ${name}\n`);
      await openssl(
        'req',
        '-new',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        'k',
        '-subj',
        '/CN=x',
        '-out',
        'r',
      );
      await openssl(
        'x509',
        '-req',
        '-in',
        'r',
        '-CA',
        ca.certificate,
        '-CAkey',
        ca.key,
        '-set_serial',
        '7',
        '-extfile',
        'ext',
        '-out',
        'c',
      );
      return (await openssl('verify', '-CAfile', ca.certificate, 'c')).exitCode;
    };
    expect(await sign('DNS:localhost')).toBe(0);
    expect(await sign('DNS:bank.example.com')).not.toBe(0);
    expect(await sign('IP:8.8.8.8')).not.toBe(0);
  });

  it('needs openssl, and says so', async () => {
    const { context } = testContext({ env: { ...env(), PATH: '/nowhere' } });
    await expect(ensureCa(context)).rejects.toMatchObject({ kind: 'tool', why: expect.stringContaining('openssl') });
    expect(await readdir(caPaths(env()).root)).toEqual([]);
  });
});

describe('the instructions for trusting the authority', () => {
  it('quote the path for a shell', () => {
    const text = trustInstructions("/home/o'neil/my ca/ca.crt", 'linux').join('\n');
    expect(text).toContain(`SSL_CERT_DIR='/home/o'\\''neil/my ca' op build-push`);
    expect(text).toContain(`curl --cacert '/home/o'\\''neil/my ca/ca.crt'`);
    expect(text).toContain('sudo ');
  });

  it('name the keychain on macOS, where Go programs read nothing else', () => {
    const text = trustInstructions('/ca.crt', 'darwin').join('\n');
    expect(text).toContain('login.keychain-db /ca.crt');
    expect(text).not.toMatch(/SSL_CERT_DIR|sudo/u);
  });
});
