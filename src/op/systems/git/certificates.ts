import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';
import { namesIn } from '../../kit/files/names-shown.js';

/** Where Linux distributions keep the certificate authorities that they trust. */
const systemBundles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];
const usualNames = ['ca-bundle.crt', 'ca.crt', 'tls.crt'];

/**
 * Merges the authorities in `directory` and the system's into one file: git accepts only one, and a submodule may be on another server.
 * @param file its name; undefined for the first of ca-bundle.crt, ca.crt, tls.crt that exists
 * @returns the path of the file
 * @throws OpError (input) if it is missing or not PEM
 */
export async function prepareCertificates(directory: string, file: string | undefined, home: string): Promise<string> {
  const names = file === undefined ? usualNames : [file];
  const own = await firstOf(names.map((name) => join(directory, name)));
  if (!own?.includes('-----BEGIN CERTIFICATE-----')) {
    throw inputError({
      what: `${directory} has no certificates`,
      why:
        own === undefined
          ? `it has no readable file ${names.join(', ')}, but ${(await namesIn(directory)) ?? 'nothing'}`
          : 'the file is not PEM: it has no BEGIN CERTIFICATE',
      hint: 'save the certificate authority as ca-bundle.crt in the workspace ssl-ca-directory, or name the file with --ssl-ca-file',
    });
  }
  const path = join(home, 'authorities.pem');
  await writeFile(path, `${(await firstOf(systemBundles)) ?? ''}\n${own}\n`, { mode: 0o600 });
  return path;
}

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const content = await readFile(path, 'utf8').catch(() => undefined);
    if (content !== undefined) return content;
  }
  return undefined;
}
