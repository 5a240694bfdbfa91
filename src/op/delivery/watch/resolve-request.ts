import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import type { BuiltImage } from '../../images/build-result/build-result.js';
import { imagesOf } from '../../images/publish/image-list.js';
import { usageError } from '../../kit/errors/op-error.js';
import type { Where } from '../../systems/kubernetes/api.js';
import {
  type ComponentKind,
  clusterOfEnvironment,
  type Environment,
  type Environments,
} from '../environments/environment.js';
import { readEnvironments } from '../environments/read.js';
import { type LeaseRequest, leaseRequestOf } from '../lease/request.js';
import type { Requirements } from './judge/judge-workload.js';
import type { WatchFlags } from './options.js';

/** The flags of a watch, with everything that they refer to outside of the cluster and the registry. */
export interface WatchRequest {
  readonly environments: Environments;
  readonly environment: Environment;
  readonly component: { readonly name: string; readonly kind: ComponentKind | undefined };
  readonly cluster: Where;
  readonly lease: LeaseRequest | undefined;
  /** The images of the build result, or as they were published; the environment may have them in another repository. */
  readonly images: readonly BuiltImage[];
  /** The flag: overrides the repository of the environment. */
  readonly repository: string | undefined;
  readonly requirements: Omit<Requirements, 'expected'>;
  readonly reconcile: boolean;
  /** Absolute path. */
  readonly dockerconfig: string | undefined;
  readonly insecureRegistries: readonly string[];
  /** Milliseconds, without the wait for the Lease. */
  readonly timeout: number;
}

/**
 * Reads the environments and the build result before anything else happens: a mistake in these must not wait for a Lease.
 * @throws OpError (usage, input) for a missing flag, or a file that cannot be read
 */
export async function resolveRequest(context: Context, flags: WatchFlags): Promise<WatchRequest> {
  const environments = await readEnvironments(context, flags);
  const environment = environments.of(flags.environment);
  const name = componentOf(flags, environment);
  const { allowTag, allowUnused, reconcile, repository, timeout, insecureRegistry: insecureRegistries } = flags;
  return {
    ...{ environments, environment, repository, reconcile, timeout, insecureRegistries },
    component: { name, kind: flags.kind === 'auto' ? environment.kind : flags.kind },
    cluster: clusterOfEnvironment(flags, environment),
    lease: leaseRequestOf(flags, environment.name, name),
    images: await imagesOf(context, flags),
    // Without manifests in the environment, op does not know what writes the images, or when.
    requirements: { allowTag, allowUnused, imagesMayChange: environment.manifests === undefined },
    dockerconfig: flags.dockerconfig === undefined ? undefined : resolve(context.cwd, flags.dockerconfig),
  };
}

/** The name of the component. @throws OpError (usage) when neither the flag nor the environment names one */
function componentOf(flags: WatchFlags, environment: Environment): string {
  const component = flags.component ?? environment.component;
  if (component !== undefined) return component;
  throw usageError({
    what: 'op watch-deployment needs --component',
    why: `environment ${environment.name} does not name a component`,
    hint: 'give the name of the HelmRelease, the Kustomization or the workload, or write component into environments.yaml',
  });
}
