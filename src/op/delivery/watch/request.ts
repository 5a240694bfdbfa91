import { usageError } from '../../kit/errors/op-error.js';
import type { Environment } from '../environments/environment.js';
import type { WatchFlags } from './options.js';

/** @throws OpError (usage) when neither the flag nor the environment names one */
export function componentOf(flags: WatchFlags, environment: Environment): string {
  const component = flags.component ?? environment.component;
  if (component !== undefined) return component;
  throw usageError({
    what: 'op watch-deployment needs --component',
    why: `environment ${environment.name} names none`,
    hint: 'give the name of the HelmRelease, the Kustomization or the workload, or write component into environments.yaml',
  });
}
