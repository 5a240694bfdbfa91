import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { withTemporaryDirectory } from '../../kit/files/temporary.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import { mustRun } from '../../kit/process/run.js';
import { type CaPlaces, caPlaces, type Places } from './places.js';

const day = 24 * 60 * 60 * 1000;
/** Apple's systems take no longer ones. Source: support.apple.com/103769, certificates of authorities that users add. */
const leafDays = 397;
const caDays = 3650;

const newKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** openssl makes the certificates (Node.js cannot); its own configuration does not count. */
async function openssl(context: Context, cwd: string, ...args: string[]): Promise<void> {
  await mustRun(
    context,
    { program: 'openssl', args, cwd, env: { OPENSSL_CONF: join(cwd, 'config') }, timeout: 30_000 },
    { what: 'cannot make a certificate', hint: 'install openssl, or start the registry without --tls' },
  );
}

/** Makes an authority that lasts ten years. @throws OpError (tool) when openssl is missing, or fails */
export async function makeCa(context: Context, places: CaPlaces): Promise<void> {
  const permitted = [
    'DNS:localhost',
    'DNS:local',
    'DNS:internal',
    ...privateNetworks.map((network) => `IP:${network}`),
  ];
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
  await withTemporaryDirectory(context, 'ca', async (directory) => {
    const key = newKey();
    await writeFile(join(directory, 'key'), key, { mode: 0o600 });
    await writeFile(join(directory, 'config'), config);
    const days = `${caDays}`;
    await openssl(
      context,
      directory,
      'req',
      '-x509',
      '-new',
      '-sha256',
      '-config',
      'config',
      '-key',
      'key',
      '-days',
      days,
      '-out',
      'crt',
    );
    await keep(places, key, await readFile(join(directory, 'crt'), 'utf8'));
  });
}

const privateNetworks = [
  '127.0.0.0/255.0.0.0',
  '10.0.0.0/255.0.0.0',
  '172.16.0.0/255.240.0.0',
  '192.168.0.0/255.255.0.0',
  '::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  'fc00::/fe00::',
  'fe80::/ffc0::',
];

/** Makes a certificate of the authority for names and addresses of this machine. @throws OpError (tool) */
export async function makeLeaf(
  context: Context,
  places: Places,
  issuer: X509Certificate,
  names: readonly string[],
  addresses: readonly string[],
): Promise<X509Certificate> {
  const ca = caPlaces(context.env);
  const left = Math.floor((new Date(issuer.validTo).getTime() - context.now().getTime()) / day);
  const alternatives = [
    ...names.map((name, index) => `DNS.${index} = ${name}`),
    ...addresses.filter((address) => isIP(address) > 0).map((address, index) => `IP.${index} = ${address}`),
  ];
  const config = `[req]
distinguished_name = name
prompt = no
[name]
CN = localhost
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = @alternatives
[alternatives]
${alternatives.join('\n')}
`;
  return withTemporaryDirectory(context, 'certificate', async (directory) => {
    const key = newKey();
    await writeFile(join(directory, 'key'), key, { mode: 0o600 });
    await writeFile(join(directory, 'config'), config);
    await openssl(context, directory, 'req', '-new', '-sha256', '-config', 'config', '-key', 'key', '-out', 'csr');
    const serial = `0x00${randomBytes(16).toString('hex')}`;
    const days = `${Math.min(leafDays, left)}`;
    const extensions = ['-extfile', 'config', '-extensions', 'leaf'];
    const signed = ['-CA', ca.certificate, '-CAkey', ca.key, '-set_serial', serial, '-days', days, ...extensions];
    await openssl(context, directory, 'x509', '-req', '-sha256', '-in', 'csr', ...signed, '-out', 'crt');
    const certificate = await readFile(join(directory, 'crt'), 'utf8');
    await keep(places, key, certificate);
    return new X509Certificate(certificate);
  });
}

async function keep(
  places: Pick<Places, 'root' | 'certificate' | 'key'>,
  key: string,
  certificate: string,
): Promise<void> {
  await mkdir(places.root, { recursive: true, mode: 0o700 });
  await writeAtomic(places.key, key, 0o600);
  await writeAtomic(places.certificate, certificate);
}
