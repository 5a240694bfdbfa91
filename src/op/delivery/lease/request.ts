import { inputError, usageError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { canHold } from '../../store/hold/holder.js';
import type { LeaseFlags } from './options.js';

/** Who wants to deliver what, and where. */
export interface LeaseRequest {
  readonly environment: string;
  readonly component: string;
  /** `pipelinerun/NAMESPACE/NAME/UID`, `taskrun/…`, or any other name; a holder continues with a Lease that it already holds. */
  readonly holder: string;
  /** Keep it after success, for the next task of the same run. */
  readonly keep: boolean;
  /** Milliseconds to wait for another holder. */
  readonly wait: number;
  /** As given with --store; the Lease is in the store. */
  readonly store?: string | undefined;
}

/**
 * Checks the flags; undefined without a holder.
 * @throws OpError (usage) without environment or component, (input) for an invalid holder
 */
export function leaseRequestOf(
  { leaseHolder: holder, keepLease: keep, leaseWait: wait, store }: LeaseFlags,
  environment: string | undefined,
  component: string | undefined,
): LeaseRequest | undefined {
  if (holder === undefined) return undefined;
  if (!canHold(holder)) {
    throw inputError({
      what: `invalid --lease-holder="${oneLine(holder)}"`,
      why: 'it contains a space or an invisible character, or is longer than 500 characters',
      hint: 'give pipelinerun/NAMESPACE/NAME/UID, as the Tasks do, or a name without spaces',
    });
  }
  if (environment === undefined || component === undefined) {
    throw usageError({
      what: '--lease-holder needs --environment and --component',
      why: 'there is one Lease for each component of each environment',
      hint: 'give both, or omit --lease-holder if no other run delivers there',
    });
  }
  return { environment, component, holder, keep, wait, store };
}

/** The name of the Lease. @throws OpError (input) when it is not a valid name of a Kubernetes object */
export function leaseNameOf({ environment, component }: LeaseRequest): string {
  const name = `octopipeline-${environment}-${component}`;
  const part = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u;
  if (name.length <= 253 && name.split('.').every((label) => part.test(label))) return name;
  throw inputError({
    what: `"${oneLine(name, 300)}" is not a valid name for a Lease`,
    why: 'names consist of at most 253 of a-z, 0-9, "-" and "."',
    hint: 'give --environment as written in environments.yaml, and --component as named in the cluster',
  });
}
