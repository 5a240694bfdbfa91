import { existsSync, readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import type { Context } from '../../../context.js';
import { inputError } from '../../../kit/errors/op-error.js';

/** Which certificates are trusted. */
export interface Trust {
  /** File with certificates (PEM), besides those of the system. */
  readonly ca?: string | undefined;
  /** Certificates are not checked. */
  readonly unchecked?: boolean;
}

/** Where distributions of Linux keep the certificates of the system. Source: Go, crypto/x509, root_linux.go. */
const bundles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

/** Certificates (PEM) of the authorities that are trusted. Node trusts only those of Mozilla; crane also trusts those that an administrator has installed. */
export function authorities({ env }: Pick<Context, 'env'>, { ca }: Trust): string[] {
  const system = env.SSL_CERT_FILE || bundles.find((file) => existsSync(file));
  const files = [system, env.NODE_EXTRA_CA_CERTS || undefined, ca].filter((file) => file !== undefined);
  return [...rootCertificates, ...files.map(readCertificates)];
}

function readCertificates(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it holds no certificate (PEM)');
    return text;
  } catch (cause) {
    throw inputError({
      what: `cannot read the certificates in ${file}`,
      why: cause instanceof Error ? cause.message : String(cause),
      hint: 'name a file with certificates (PEM)',
      cause,
    });
  }
}
