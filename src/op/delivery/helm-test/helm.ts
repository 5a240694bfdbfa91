import type { Context } from '../../context.js';
import { inputError, type OpError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { type Ended, failureOf, run } from '../../kit/process/run.js';
import { knownFailure } from '../../systems/kubernetes/known-failures.js';
import { missingRight } from '../../systems/kubernetes/missing-right.js';

/** Runs helm against one cluster and namespace. */
export interface Helm {
  readonly namespace: string;
  readonly run: (context: Context, args: readonly string[]) => Promise<Ended>;
}

/** Which cluster. */
export interface HelmCluster {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

/** Variables that would make helm use another cluster or user than kubectl, or print the values of the release. */
const unset = [
  ...['KUBEAPISERVER', 'KUBEASGROUPS', 'KUBEASUSER', 'KUBECAFILE', 'KUBECONTEXT', 'KUBEINSECURE_SKIP_TLS_VERIFY'],
  ...['KUBETLS_SERVER_NAME', 'KUBETOKEN', 'NAMESPACE', 'DEBUG'],
].map((name) => [`HELM_${name}`, undefined] as const);

export function createHelm({ kubeconfig, context: named }: HelmCluster, namespace: string): Helm {
  const where = [
    `--namespace=${namespace}`,
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(named === undefined ? [] : [`--kube-context=${named}`]),
  ];
  return {
    namespace,
    run: (context, args) =>
      run(context, { program: 'helm', args: [...args, ...where], env: Object.fromEntries(unset) }),
  };
}

/** The error for a failed helm. @param what such as "cannot read release shop" */
export function failureOfHelm(what: string, ended: Ended, namespace: string): OpError {
  if (ended.ended === 'missing') return failureOf({ program: 'helm', args: [] }, ended, { what, hint: '' });
  const lines = ended.stderr.trim().split('\n');
  const text = lines.filter((line) => !line.startsWith('WARNING:')).join('\n');
  const said = oneLine(text, 500) || `exit code ${ended.exitCode ?? 'none'}`;
  if (/release: not found/u.test(text)) {
    return inputError({
      what,
      why: `release not found in namespace ${namespace}`,
      hint: `list releases with: helm list --all --namespace ${namespace}`,
    });
  }
  return (
    missingRight(what, text) ??
    knownFailure(what, text, said) ??
    toolError({ what, why: `helm reported: ${said}`, hint: 'run it again with --debug to see each helm command' })
  );
}
