import type { Environment } from './environment.js';

/** The flags that say which cluster, and where in it; each wins over the environment. */
export interface ClusterFlags {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
}

/** The cluster of an environment, and the namespace in it. A context belongs to its kubeconfig: the one of the environment is in no other. */
export const clusterOf = (flags: ClusterFlags, environment: Environment | undefined) => ({
  kubeconfig: flags.kubeconfig ?? environment?.kubeconfig,
  context: flags.context ?? (flags.kubeconfig === undefined ? environment?.context : undefined),
  namespace: flags.namespace ?? environment?.namespace,
});
