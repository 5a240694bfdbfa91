import type { Environment } from './environment.js';
import type { ClusterFlags } from './options.js';

/** The cluster of an environment, and the namespace in it. A context belongs to its kubeconfig: the one of the environment is in no other. */
export const clusterOf = (flags: ClusterFlags, environment: Environment | undefined) => ({
  kubeconfig: flags.kubeconfig ?? environment?.kubeconfig,
  context: flags.context ?? (flags.kubeconfig === undefined ? environment?.context : undefined),
  namespace: flags.namespace ?? environment?.namespace,
});
