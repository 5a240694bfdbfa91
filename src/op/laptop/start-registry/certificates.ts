import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../../context.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { mustRun } from '../../kit/process/run.js';
import { shellQuote } from './registry.js';
import { type CertificatePaths, caPaths, lockRegistry, type RegistryPaths } from './state-directory.js';

const day = 24 * 60 * 60 * 1000;
/** How long before its end a certificate is replaced. */
const margin = 30 * day;
const caDays = 3650;
/** Apple's systems accept no longer ones. Source: support.apple.com/103769, certificates of authorities that users add. */
const serverDays = 397;

/** The certificate of a registry with TLS. */
export interface RegistryCertificate {
  /** Path of the authority's certificate, which clients have to trust. */
  readonly caFile: string;
  /** SHA-256 of the registry's certificate. */
  readonly fingerprint: string;
  readonly expires: Date;
}

/** Names of a registry on this machine, also as containers see it. */
const names = ['localhost', 'registry.local', 'host.docker.internal', 'host.containers.internal'];
const permitted = [
  'DNS:localhost',
  'DNS:local',
  'DNS:internal',
  'IP:127.0.0.0/255.0.0.0',
  'IP:10.0.0.0/255.0.0.0',
  'IP:172.16.0.0/255.240.0.0',
  'IP:192.168.0.0/255.255.0.0',
  'IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  'IP:fc00::/fe00::',
  'IP:fe80::/ffc0::',
];

/**
 * The certificate authority of this user: the existing one, or a new one. It is limited to this machine and private networks, so that
 * a stolen key cannot impersonate a bank. Source: RFC 5280, "Name Constraints". That is why op runs openssl itself: Node.js cannot sign
 * certificates, mkcert's authority may sign for every name, and an npm library would bring its own cryptography.
 * @returns the path of its certificate
 * @throws OpError (tool) when openssl is missing or fails
 */
export async function ensureCa(context: Context): Promise<string> {
  const paths = caPaths(context.env);
  await using _lock = await lockRegistry(context, paths.lock);
  const old = await readCertificate(paths);
  if (old.valid && daysLeft(context, old.certificate) > margin / day) return paths.certificate;
  const why =
    old.certificate === undefined ? '' : ': the old one is near its end or has lost its key; trust this one instead';
  context.log.step(`new certificate authority for this user${why}: ${paths.certificate}`);
  const config = `[req]
distinguished_name = name
x509_extensions = ca
prompt = no
[name]
CN = octopipeline local registries
O = ${randomBytes(4).toString('hex')}
[ca]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical, @permitted
[permitted]
${permitted.map((rule, index) => `permitted;${rule.replace(':', `.${index} = `)}`).join('\n')}
`;
  await makeCertificate(context, paths, config, [
    ['req', '-x509', '-new', '-sha256', '-config', 'config', '-key', 'key', '-days', `${caDays}`, '-out', 'crt'],
  ]);
  return paths.certificate;
}

/** The registry's own certificate: the existing one, or a new one when it is about to expire or does not fit. @throws OpError (tool) */
export async function ensureCertificate(
  context: Context,
  paths: RegistryPaths,
  listen: string,
): Promise<RegistryCertificate> {
  const caFile = await ensureCa(context);
  const ca = new X509Certificate(await readFile(caFile));
  const addresses = new Set(['127.0.0.1', '::1', ...(listen === '0.0.0.0' || listen === '::' ? [] : [listen])]);
  const old = await readCertificate(paths);
  let { certificate } = old;
  const fits =
    certificate !== undefined &&
    old.valid &&
    certificate.verify(ca.publicKey) &&
    daysLeft(context, certificate) > margin / day &&
    names.every((name) => certificate?.checkHost(name) !== undefined) &&
    [...addresses].every((address) => certificate?.checkIP(address) !== undefined);
  if (!fits || certificate === undefined) {
    const days = Math.min(serverDays, Math.floor(daysLeft(context, ca)));
    certificate = await makeServerCertificate(context, paths, [...addresses], days);
    const until = new Date(certificate.validTo).toISOString().slice(0, 10);
    context.log.step(`new certificate for ${names[0]} and ${listen}, valid until ${until}`);
  }
  return { caFile, fingerprint: certificate.fingerprint256, expires: new Date(certificate.validTo) };
}

async function makeServerCertificate(
  context: Context,
  paths: RegistryPaths,
  addresses: readonly string[],
  days: number,
): Promise<X509Certificate> {
  const ca = caPaths(context.env);
  const alternatives = [
    ...names.map((name, index) => `DNS.${index} = ${name}`),
    ...addresses.map((address, index) => `IP.${index} = ${address}`),
  ];
  const config = `[req]
distinguished_name = name
prompt = no
[name]
CN = localhost
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = @alternatives
[alternatives]
${alternatives.join('\n')}
`;
  const serial = `0x00${randomBytes(16).toString('hex')}`;
  const signing = ['-CA', ca.certificate, '-CAkey', ca.key, '-set_serial', serial, '-days', `${days}`];
  const extensions = ['-extfile', 'config', '-extensions', 'server'];
  return makeCertificate(context, paths, config, [
    ['req', '-new', '-sha256', '-config', 'config', '-key', 'key', '-out', 'csr'],
    ['x509', '-req', '-sha256', '-in', 'csr', ...signing, ...extensions, '-out', 'crt'],
  ]);
}

/** Runs openssl, as Node.js cannot make certificates, in a directory with `key` and `config`, where it leaves `crt`; keeps the two. */
async function makeCertificate(
  context: Context,
  paths: CertificatePaths,
  config: string,
  commands: readonly (readonly string[])[],
): Promise<X509Certificate> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await using directory = await makePrivateDirectory(context, 'certificate');
  const cwd = directory.path;
  await writeFile(join(cwd, 'key'), key, { mode: 0o600 });
  await writeFile(join(cwd, 'config'), config);
  const env = { OPENSSL_CONF: join(cwd, 'config') };
  const failing = { what: 'cannot make a certificate', hint: 'install openssl, or start the registry without --tls' };
  for (const args of commands) {
    await mustRun(context, { program: 'openssl', args, cwd, env, timeout: 30_000 }, failing);
  }
  const certificate = await readFile(join(cwd, 'crt'), 'utf8');
  await mkdir(paths.root, { recursive: true, mode: 0o700 });
  await writeAtomic(paths.key, key, 0o600);
  await writeAtomic(paths.certificate, certificate);
  return new X509Certificate(certificate);
}

/** Undefined when it is missing or broken; `valid` when its key is there, too. */
async function readCertificate(paths: CertificatePaths) {
  const read = (file: string) => readFile(file, 'utf8').catch(() => '');
  const [certificateText, keyText] = await Promise.all([read(paths.certificate), read(paths.key)]);
  const certificate = attempt(() => new X509Certificate(certificateText));
  const valid = attempt(() => certificate?.checkPrivateKey(createPrivateKey(keyText))) === true;
  return { certificate, valid };
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

const daysLeft = ({ now }: Context, certificate: X509Certificate | undefined) =>
  certificate === undefined ? 0 : (new Date(certificate.validTo).getTime() - now().getTime()) / day;

/** What to type so that programs trust the authority; op itself changes nothing outside the user's state directory. */
export function trustInstructions(caFile: string, platform: NodeJS.Platform = process.platform): readonly string[] {
  const file = shellQuote(caFile);
  // Go reads this directory in addition to the system's certificates, except on macOS, where it uses only the keychain.
  const go = platform === 'darwin' ? '' : `SSL_CERT_DIR=${shellQuote(dirname(caFile))} op build-push …, or `;
  const linux = existsSync('/usr/local/share/ca-certificates')
    ? `sudo cp ${file} /usr/local/share/ca-certificates/octopipeline.crt && sudo update-ca-certificates`
    : `sudo trust anchor ${file}`;
  const darwin = `security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db ${file}`;
  return [
    'docker needs no certificate for localhost; to make other programs trust it:',
    `  one command:  ${go}curl --cacert ${file} …`,
    `  this machine: ${platform === 'darwin' ? darwin : linux}`,
  ];
}
