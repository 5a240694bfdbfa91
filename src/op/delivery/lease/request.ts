import { inputError, usageError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { LeaseFlags } from './options.js';

/** Who wants to deliver to what, alone. */
export interface LeaseRequest {
  readonly environment: string;
  readonly component: string;
  /** `pipelinerun/NAMESPACE/NAME/UID`, `taskrun/…`, or any other word for who it is; the same one goes on with what it holds. */
  readonly holder: string;
  /** Held on after success, for the next task of the same run. */
  readonly keep: boolean;
  /** Milliseconds to wait while another one holds it. */
  readonly wait: number;
}

/**
 * What the flags ask for; undefined without a holder.
 * @throws OpError (usage) when it is not said what to deliver to, (input) for a holder that is no word
 */
export function leaseRequestOf(
  { leaseHolder: holder, keepLease: keep, leaseWait: wait }: LeaseFlags,
  environment: string | undefined,
  component: string | undefined,
): LeaseRequest | undefined {
  if (holder === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,500}$/u.test(holder)) {
    throw inputError({
      what: `--lease-holder="${oneLine(holder)}" cannot hold a Lease`,
      why: 'it has a space or an invisible character, or more than 500 characters',
      hint: 'give pipelinerun/NAMESPACE/NAME/UID, as the Tasks do, or a name without spaces',
    });
  }
  if (environment === undefined || component === undefined) {
    throw usageError({
      what: '--lease-holder needs --environment and --component',
      why: 'there is one Lease for each component of each environment',
      hint: 'give both, or leave --lease-holder out if nobody else delivers there',
    });
  }
  return { environment, component, holder, keep, wait };
}

/** The name of the Lease. @throws OpError (input) when that is no name for a Kubernetes object */
export function leaseNameOf({ environment, component }: LeaseRequest): string {
  const name = `octopipeline-${environment}-${component}`;
  const part = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u;
  if (name.length <= 253 && name.split('.').every((label) => part.test(label))) return name;
  throw inputError({
    what: `"${oneLine(name, 300)}" cannot be the name of a Lease`,
    why: 'names have at most 253 of a-z, 0-9, "-" and "."',
    hint: 'give the --environment as it is in environments.yaml, and the name of the component in the cluster',
  });
}
