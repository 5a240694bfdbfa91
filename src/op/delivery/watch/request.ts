import type { ImagesSource } from '../../images/publish/image-list.js';
import { usageError } from '../../kit/errors/op-error.js';
import type { ComponentKind, Environment } from '../environments/environment.js';
import type { EnvironmentFlags } from '../environments/read.js';
import type { LeaseFlags } from '../lease/request.js';

/** The flags of `op watch-deployment`. */
export interface WatchFlags extends EnvironmentFlags, LeaseFlags, ImagesSource {
  readonly environment?: string;
  readonly component?: string;
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly kind: 'auto' | ComponentKind;
  readonly repository?: string;
  readonly allowTag: boolean;
  readonly allowUnused: boolean;
  readonly reconcile: boolean;
  readonly deploymentResult?: string;
  readonly dockerconfig?: string;
  readonly insecureRegistry: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
}

/** @throws OpError (usage) without an environment */
export function environmentOf({ environment }: WatchFlags): string {
  if (environment !== undefined) return environment;
  throw usageError({
    what: 'op watch-deployment needs --environment',
    why: 'it says in which registry the images are, and in which cluster and namespace they shall run',
    hint: 'give the name of an environment, such as --environment=dev',
  });
}

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
