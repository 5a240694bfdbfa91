import type { Command } from 'commander';
import { duration, flag, optional } from './option.js';

/** The values of the flags that say where an environment is, and who holds its Lease meanwhile. */
export interface EnvironmentOptions {
  readonly environments?: string;
  readonly kubeconfigs?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly component?: string;
  readonly leaseHolder?: string;
  readonly keepLease: boolean;
  /** Milliseconds. */
  readonly leaseWait: number;
}

/** The flags of every command that touches an environment. */
export function addEnvironmentOptions(command: Command): Command {
  return command
    .addOption(
      optional(
        '--environments <file>',
        'what the environments are, or a directory with it (default: environments.yaml)',
      ),
    )
    .addOption(optional('--kubeconfigs <dir>', 'where the kubeconfig files are that it names (default: beside it)'))
    .addOption(optional('--kubeconfig <file>', 'the cluster (default: that of the environment)'))
    .addOption(optional('--context <name>', 'a context of the kubeconfig'))
    .addOption(optional('-n, --namespace <name>', 'where the component is (default: that of the environment)'))
    .addOption(
      optional('--component <name>', 'HelmRelease, Kustomization or workload (default: that of the environment)'),
    )
    .addOption(
      optional('--lease-holder <holder>', 'who holds the Lease of the environment meanwhile (default: no Lease)'),
    )
    .addOption(flag('--keep-lease', 'hold it on after success'))
    .addOption(duration('--lease-wait <duration>', 'how long to wait for another holder', '30m'));
}
