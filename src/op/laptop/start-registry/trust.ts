import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** What a person types so that programs trust the authority; op itself changes nothing that is not this user's. */
export function howToTrust(caFile: string, platform: NodeJS.Platform = process.platform): readonly string[] {
  const file = quoted(caFile);
  // Go reads this directory beside the system's certificates, except on macOS, where only the keychain counts.
  const go = platform === 'darwin' ? '' : `SSL_CERT_DIR=${quoted(dirname(caFile))} op build-push …, or `;
  return [
    'docker needs no certificate for localhost; for other programs to trust it:',
    `  one command:  ${go}curl --cacert ${file} …`,
    `  this machine: ${forMachine(file, platform)}`,
  ];
}

/** A path as a shell takes it. */
export const quoted = (path: string) => (/^[\w./-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

function forMachine(file: string, platform: NodeJS.Platform): string {
  if (platform === 'darwin') {
    return `security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db ${file}`;
  }
  if (existsSync('/usr/local/share/ca-certificates')) {
    return `sudo cp ${file} /usr/local/share/ca-certificates/octopipeline.crt && sudo update-ca-certificates`;
  }
  return `sudo trust anchor ${file}`;
}
