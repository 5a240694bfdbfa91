import { OpError } from '../../kit/errors/op-error.js';
import { type Cluster, optionsFor } from './proxy.js';

/**
 * Commands to type, for the cluster that was asked: typed as they are they would go to whatever the person's own kubeconfig points at, which
 * at worst is another environment that has the same names.
 * @example atCluster('kubectl get pods', { context: 'pp' }) // kubectl --context=pp get pods
 */
export function atCluster(text: string, cluster: Cluster): string {
  const kubectl = optionsFor(cluster);
  if (kubectl.length === 0) return text;
  const helm = kubectl.map((option) => option.replace('--context=', '--kube-context='));
  return text
    .replace(commands('kubectl'), `kubectl ${kubectl.join(' ')} $1`)
    .replace(commands('helm'), `helm ${helm.join(' ')} $1`);
}

/** A command, and no sentence with the program's name in it; `kubectl config` is about files, not about a cluster. */
const commands = (program: 'kubectl' | 'helm') =>
  program === 'kubectl'
    ? /\bkubectl (annotate|api-resources|apply|create|delete|describe|get|logs|patch|rollout)\b/gu
    : /\bhelm (history|list|status)\b/gu;

/** The same error, with its commands for the cluster that was asked. */
export function errorAtCluster(error: unknown, cluster: Cluster): unknown {
  if (!(error instanceof OpError)) return error;
  const { kind, message: what, why, hint, cause } = error;
  const typed = atCluster(hint, cluster);
  return typed === hint ? error : new OpError(kind, { what, why, hint: typed, cause });
}
