import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { ensureCa, ensureCertificate } from './certificates.js';
import { caPlaces, placesOf } from './places.js';

let home: string;
const env = () => ({ PATH: process.env.PATH, XDG_STATE_HOME: home });
const at = (days: number, printed: string[] = []) => {
  const write = (text: string) => void printed.push(text);
  return testContext({
    env: env(),
    now: () => new Date(Date.now() + days * 24 * 60 * 60 * 1000),
    log: { step: write, progress: write, warn: write, debug: () => {} },
  }).context;
};
const places = () => placesOf(env(), 5001);
const mode = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);
const openssl = (...args: string[]) => execa('openssl', args, { cwd: home, reject: false });

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'certificates-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('a certificate of the own authority', () => {
  it('holds for this machine, and its keys are private', async () => {
    const made = await ensureCertificate(at(0), places(), '127.0.0.1');
    const { certificate, key, root } = places();
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
    const ca = caPlaces(env());
    expect(await Promise.all([key, ca.key, root, ca.root].map(mode))).toEqual(['600', '600', '700', '700']);
    expect((await readdir(ca.root)).toSorted()).toEqual(['ca.crt', 'ca.key']);
  });

  it('holds for the address that the registry is told to listen on', async () => {
    await ensureCertificate(at(0), places(), '192.168.7.8');
    const leaf = new X509Certificate(await readFile(places().certificate));
    expect(leaf.checkIP('192.168.7.8')).toBeDefined();
    await ensureCertificate(at(0), places(), '0.0.0.0');
    expect(new X509Certificate(await readFile(places().certificate)).fingerprint).toBe(leaf.fingerprint);
    await ensureCertificate(at(0), places(), '::1');
    await ensureCertificate(at(0), places(), '10.0.0.1');
    expect(new X509Certificate(await readFile(places().certificate)).fingerprint).not.toBe(leaf.fingerprint);
  });

  it('is kept, and made anew a month before its end, by the same authority', async () => {
    const first = await ensureCertificate(at(0), places(), '127.0.0.1');
    expect((await ensureCertificate(at(300), places(), '127.0.0.1')).fingerprint).toBe(first.fingerprint);
    const printed: string[] = [];
    const second = await ensureCertificate(at(370, printed), places(), '127.0.0.1');
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(second.ca).toBe(first.ca);
    expect(printed).toEqual([expect.stringMatching(/^new certificate for localhost and 127\.0\.0\.1, until \d{4}-/u)]);
  });

  it.each(['key', 'certificate'] as const)('is made anew when its %s is broken', async (part) => {
    const first = await ensureCertificate(at(0), places(), '127.0.0.1');
    await writeFile(places()[part], 'broken');
    expect((await ensureCertificate(at(0), places(), '127.0.0.1')).fingerprint).not.toBe(first.fingerprint);
  });
});

describe('the authority', () => {
  it('stays the same, also for two that ask at once, and says when it is a new one', async () => {
    const printed: string[] = [];
    const [one, two] = await Promise.all([ensureCa(at(0, printed)), ensureCa(at(0, printed))]);
    expect(one).toBe(two);
    expect(printed.filter((line) => line.startsWith('new certificate authority'))).toHaveLength(1);
    const before = await readFile(one, 'utf8');
    expect(await readFile(await ensureCa(at(3000)), 'utf8')).toBe(before);
    expect(await readFile(await ensureCa(at(3640, printed)), 'utf8')).not.toBe(before);
    expect(printed.at(-1)).toContain('near its end');
  });

  it('cannot speak for others', async () => {
    await ensureCa(at(0));
    const ca = caPlaces(env());
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
    expect(await readdir(caPlaces(env()).root)).toEqual([]);
  });
});
