import type { Context } from '../context.js';
import { type Explanation, inputError, type OpError, refusedError, toolError } from '../errors/op-error.js';
import { oneLine } from '../log/printable.js';
import { type Ended, failureOf, run } from '../process/run.js';

/** Runs kubectl against one namespace. */
export interface Kubectl {
  /** Undefined: the namespace of the current context. */
  readonly namespace: string | undefined;
  readonly attempt: (args: readonly string[], input?: string) => Promise<Ended>;
  /** Gives stdout. @throws OpError with the reason in words */
  readonly must: (what: string, args: readonly string[], input?: string) => Promise<string>;
}

export function createKubectl(context: Context, namespace: string | undefined): Kubectl {
  const where = namespace === undefined ? [] : [`--namespace=${namespace}`];
  const attempt: Kubectl['attempt'] = (args, input) =>
    run(context, {
      program: 'kubectl',
      // Not --request-timeout: with it kubectl does not look for the pod's own token any more.
      args: [...args, ...where],
      timeout: 30_000,
      ...(input === undefined ? {} : { input }),
    });
  const must: Kubectl['must'] = async (what, args, input) => {
    const ended = await attempt(args, input);
    if (ended.ended !== 'ok') throw failureOfKubectl(what, ended, namespace);
    return ended.stdout;
  };
  return { namespace, attempt, must };
}

interface Known {
  readonly pattern: RegExp;
  readonly make: (explanation: Explanation) => OpError;
  readonly why: string;
  readonly todo: string;
}

/** What kubectl 1.28 to 1.34 says, and what it means. The first that fits counts. */
const known: readonly Known[] = [
  {
    pattern:
      /must be logged in to the server|\(Unauthorized\)|provide credentials|Please enter Username|^error: EOF$/mu,
    make: toolError,
    why: 'the API server does not accept the token or certificate: there is none, or it has expired',
    todo: 'log in again, or in a pod let the service account token be mounted (automountServiceAccountToken)',
  },
  {
    pattern: /localhost:8080|no configuration has been provided|current-context must exist|context .* does not exist/u,
    make: toolError,
    why: 'no cluster is configured: there is no kubeconfig, and no service account token in this pod',
    todo: 'set KUBECONFIG, or in a pod let the service account token be mounted (automountServiceAccountToken)',
  },
  {
    pattern: /namespaces "[^"]*" not found/u,
    make: inputError,
    why: 'the namespace does not exist',
    todo: 'make it with kubectl create namespace, or give another --namespace',
  },
  {
    pattern: /x509|certificate/u,
    make: toolError,
    why: 'the certificate of the API server is not trusted',
    todo: 'check certificate-authority in the kubeconfig',
  },
  {
    pattern: /exceeded quota/u,
    make: refusedError,
    why: 'a ResourceQuota of the namespace allows no more ConfigMaps',
    todo: 'delete ConfigMaps that nobody needs, or raise the quota',
  },
  {
    pattern:
      /connection refused|was refused|no such host|i\/o timeout|no route to host|network is unreachable|Unable to connect|deadline exceeded|request timed out|Client\.Timeout/iu,
    make: toolError,
    why: 'the API server cannot be reached',
    todo: 'check the server of the kubeconfig, and in a pod the NetworkPolicy of the namespace',
  },
];

/** The error for a kubectl that failed. @param what such as "cannot publish" */
export function failureOfKubectl(what: string, ended: Ended, namespace: string | undefined): OpError {
  if (ended.ended === 'missing') return failureOf({ program: 'kubectl', args: [] }, ended, { what, todo: '' });
  const lines = ended.stderr
    .trim()
    .split('\n')
    .filter((line) => !/^[EWI]\d{4} /u.test(line));
  const said = oneLine(lines.slice(-3).join(' ') || ended.stderr, 500);
  if (/\(Forbidden\)|is forbidden/u.test(ended.stderr) && !/exceeded quota/u.test(ended.stderr)) {
    return forbidden(what, said, namespace);
  }
  const found = known.find(({ pattern }) => pattern.test(ended.stderr));
  if (found) return found.make({ what, why: `${found.why} (kubectl said: ${said})`, todo: found.todo });
  return toolError({
    what,
    why: `kubectl said: ${said}`,
    todo: 'run it again with --debug to see each call of kubectl',
  });
}

function forbidden(what: string, said: string, given: string | undefined): OpError {
  const account = /system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)/u.exec(said);
  const namespace = given ?? /in the namespace "([^"]+)"/u.exec(said)?.[1] ?? 'default';
  const name = 'octopipeline-build-push';
  const bind = `kubectl create rolebinding ${name} --role=${name} --serviceaccount=${namespace}:${name} --namespace=${namespace}`;
  const other =
    account !== null && account[2] !== name ? `run it as the service account ${name}; if that has no rights yet: ` : '';
  return toolError({ what, why: `this account has no right to (kubectl said: ${said})`, todo: `${other}${bind}` });
}
