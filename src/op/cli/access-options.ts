import type { Command } from 'commander';
import { flag, optional } from './option.js';

/** Named as the variable and as Tekton's own parameter; commander would take it for the opposite of `--proxy`. */
function noProxy() {
  const option = optional('--no-proxy <hosts>', 'hosts to reach without a proxy');
  option.negate = false;
  return option;
}

/** The options of {@link AccessFlags}. */
export function addAccessOptions(command: Command): Command {
  return command
    .addOption(flag('--ssl-verify', 'check the certificate of the server', true))
    .addOption(
      optional('--ssh-directory <directory>', 'private key and known_hosts: an ssh-auth Secret, or a .ssh folder'),
    )
    .addOption(flag('--accept-new-host-keys', 'take the host key of a server that known_hosts does not have'))
    .addOption(
      optional(
        '--basic-auth <directory>',
        'username and password: a basic-auth Secret, or .git-credentials and .gitconfig',
      ),
    )
    .addOption(
      optional('--ssl-ca-directory <directory>', 'certificate authorities to trust besides those of the system'),
    )
    .addOption(
      optional('--ssl-ca-file <name>', 'their file in that directory (default: ca-bundle.crt, ca.crt or tls.crt)'),
    )
    .addOption(optional('--http-proxy <url>', 'proxy for http URLs'))
    .addOption(optional('--https-proxy <url>', 'proxy for https URLs'))
    .addOption(noProxy());
}
