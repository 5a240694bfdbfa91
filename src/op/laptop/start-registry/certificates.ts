import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { withLock } from './lock.js';
import { makeCa, makeLeaf } from './make-certificate.js';
import { caPlaces, type Places } from './places.js';

const day = 24 * 60 * 60 * 1000;
/** How long before its end a certificate is made anew. */
const margin = 30 * day;

/** What a registry with TLS works with. */
export interface Certificates {
  /** Path of the authority's certificate: what others are to trust. */
  readonly caFile: string;
  /** The same, PEM. */
  readonly ca: string;
  /** SHA-256 of the registry's certificate. */
  readonly fingerprint: string;
  readonly ends: Date;
}

/** Names by which a registry of this machine is known, also inside of containers. */
const names = ['localhost', 'registry.local', 'host.docker.internal', 'host.containers.internal'];
const loopback = ['127.0.0.1', '::1'];

/**
 * The authority of this user: the one that is there, or a new one. It can only speak for this machine and private networks: whoever
 * gets its key cannot be a bank to those who trust it. Source: RFC 5280, "Name Constraints".
 * @throws OpError (tool) when openssl is missing, or fails
 */
export async function ensureCa(context: Context): Promise<string> {
  const places = caPlaces(context.env);
  return withLock(context, places.lock, async () => {
    const [certificate, key] = await readPair(places);
    const left = certificate === undefined ? 0 : end(certificate) - context.now().getTime();
    if (certificate !== undefined && key !== undefined && left > margin && fits(certificate, key))
      return places.certificate;
    const why =
      certificate === undefined
        ? ''
        : ': the old one is near its end, or has lost its key; trust this one in its place';
    context.log.step(`new certificate authority of this user${why}: ${places.certificate}`);
    await makeCa(context, places);
    return places.certificate;
  });
}

/** The registry's own certificate: the one that is there, or a new one when its end is near or it does not fit. @throws OpError (tool) */
export async function ensureCertificate(context: Context, places: Places, listen: string): Promise<Certificates> {
  const caFile = await ensureCa(context);
  const ca = await readFile(caFile, 'utf8');
  const issuer = new X509Certificate(ca);
  const addresses = [...new Set([...loopback, ...(isWildcard(listen) ? [] : [listen])])];
  const [found, key] = await readPair(places);
  const good =
    found !== undefined &&
    key !== undefined &&
    fits(found, key) &&
    found.verify(issuer.publicKey) &&
    end(found) - context.now().getTime() > margin &&
    names.every((name) => found.checkHost(name) !== undefined) &&
    addresses.every((address) => found.checkIP(address) !== undefined);
  const certificate = good ? found : await makeLeaf(context, places, issuer, names, addresses);
  if (!good)
    context.log.step(
      `new certificate for ${names[0]} and ${listen}, until ${new Date(end(certificate)).toISOString().slice(0, 10)}`,
    );
  return { caFile, ca, fingerprint: certificate.fingerprint256, ends: new Date(end(certificate)) };
}

const isWildcard = (address: string) => address === '0.0.0.0' || address === '::';
const end = ({ validTo }: X509Certificate) => new Date(validTo).getTime();

async function readPair({ certificate, key }: Pick<Places, 'certificate' | 'key'>) {
  const [public_, private_] = await Promise.all(
    [certificate, key].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  return [attempt(() => new X509Certificate(public_ ?? '')), attempt(() => createPrivateKey(private_ ?? ''))] as const;
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

const fits = (certificate: X509Certificate, key: Parameters<X509Certificate['checkPrivateKey']>[0]) =>
  certificate.checkPrivateKey(key);
