import { OpError } from '../../kit/errors/op-error.js';

/** Which cluster, in kubectl's own words; without either, the one that kubectl finds by itself. */
export interface Cluster {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** kubectl's options for a cluster. */
export const optionsFor = ({ kubeconfig, context }: Cluster): readonly string[] => [
  ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
  ...(context === undefined ? [] : [`--context=${context}`]),
];

/**
 * Commands to type, for the cluster that op talks to: without its options they would go to the current context of the person's own
 * kubeconfig, which at worst is another environment with the same names.
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

/** A command, not a sentence that names the program; `kubectl config` is about files, not about a cluster. */
const commands = (program: 'kubectl' | 'helm') =>
  program === 'kubectl'
    ? /\bkubectl (annotate|api-resources|apply|create|delete|describe|get|logs|patch|rollout)\b/gu
    : /\bhelm (history|list|status)\b/gu;

/** The same error, with its commands for the cluster that op talks to. An error that already has them is returned unchanged. */
export function errorAtCluster(error: unknown, cluster: Cluster): unknown {
  if (!(error instanceof OpError)) return error;
  const { kind, message: what, why, hint, cause } = error;
  const typed = atCluster(hint, cluster);
  return typed === hint ? error : new OpError(kind, { what, why, hint: typed, cause });
}
