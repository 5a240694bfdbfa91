import { type Explanation, inputError, type OpError, refusedError, toolError } from '../../kit/errors/op-error.js';
import { withoutNames } from '../../kit/log/without-names.js';

interface Known {
  readonly pattern: RegExp;
  /** It is looked for among names, too: it is one. */
  readonly isName?: true;
  readonly make: (explanation: Explanation) => OpError;
  readonly why: string;
  readonly hint: string;
}

/** What kubectl 1.28 to 1.34 and the API server say, and what it means. The first match counts. */
const known: readonly Known[] = [
  {
    // First: the rest of the message is about the webhook, in the same words as it would be about the API server.
    pattern: /failed calling webhook|conversion webhook for/u,
    make: toolError,
    why: 'a webhook of the cluster, which the API server calls for such objects, did not answer',
    hint: 'find out what serves it: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations',
  },
  {
    pattern: /getting credentials: exec|executable \S+ not found|exec plugin/u,
    make: toolError,
    why: 'the program that the kubeconfig names for logging in is missing, or failed',
    hint: 'install it, or use a kubeconfig with a token; users[].user.exec of the kubeconfig names it',
  },
  {
    pattern:
      /must be logged in to the server|\(Unauthorized\)|^Unauthorized$|provide credentials|Please enter Username|^error: EOF$/mu,
    make: toolError,
    why: 'the API server does not accept the token or certificate: it is missing or has expired',
    hint: 'log in again, or in a pod mount the service account token (automountServiceAccountToken)',
  },
  {
    isName: true,
    pattern:
      /(?:\blocalhost|\b127\.0\.0\.1|\[::1\]):8080\b|no configuration has been provided|current-context must exist|\bcontext "[^"]*" does not exist/u,
    make: toolError,
    why: 'no cluster is configured: neither a kubeconfig nor the service account token of a pod was found',
    hint: 'set KUBECONFIG, or in a pod mount the service account token (automountServiceAccountToken)',
  },
  {
    pattern: /namespaces … not found/u,
    make: inputError,
    why: 'the namespace does not exist',
    hint: 'create it with kubectl create namespace, or give another --namespace',
  },
  {
    pattern: /being terminated/u,
    make: inputError,
    why: 'the namespace is being deleted',
    hint: 'wait until it is deleted and create it again, or give another --namespace',
  },
  {
    pattern: /\bx509: |\bcertificate\b/u,
    make: toolError,
    why: 'the certificate of the API server is not trusted',
    hint: 'check certificate-authority in the kubeconfig',
  },
  {
    pattern: /exceeded quota/u,
    make: refusedError,
    why: 'a ResourceQuota of the namespace allows no more',
    hint: 'delete what is no longer needed there, or raise the quota',
  },
  {
    pattern:
      /connection refused|was refused|no such host|i\/o timeout|no route to host|network is unreachable|Unable to connect|deadline exceeded|request timed out|Client\.Timeout|handshake timeout|connection reset|unexpected EOF|did not answer/iu,
    make: toolError,
    why: 'the API server cannot be reached',
    hint: 'check the server of the kubeconfig, and in a pod the NetworkPolicy of the namespace',
  },
];

/** The error for a known message; undefined for others. @param said the message on one line */
export function knownFailure(what: string, text: string, said: string, cause?: Error): OpError | undefined {
  const plain = withoutNames(text.replace(/\b(exceeded quota:) \S+/gu, '$1 …'));
  const found = known.find(({ pattern, isName }) => pattern.test(isName ? text : plain));
  return found?.make({ what, why: `${found.why} (kubectl said: ${said})`, hint: found.hint, cause });
}
