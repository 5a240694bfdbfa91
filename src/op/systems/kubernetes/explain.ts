import * as v from 'valibot';
import { inputError, type OpError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { type Ended, failureOf } from '../../kit/process/run.js';
import { type Kind, resourceOf } from './kind.js';
import { knownFailure } from './known-failures.js';
import { missingRight } from './missing-right.js';
import type { Cluster } from './proxy.js';
import type { Answer } from './send.js';

/** What the API server answers instead of an object. Source: apimachinery's metav1.Status. */
const status = v.object({
  kind: v.literal('Status'),
  reason: v.optional(v.string(), ''),
  message: v.optional(v.string(), ''),
});
export type Status = v.InferOutput<typeof status>;

/** The Status in an answer's text; undefined when the text is something else, such as what the proxy itself says. */
export function parseStatus(text: string): Status | undefined {
  try {
    const read = v.safeParse(status, JSON.parse(text));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}

/** What was asked for, for an error's words. */
export interface Asked {
  /** Such as "cannot create Lease octopipeline-dev-shop". */
  readonly what: string;
  readonly kind: Kind;
  readonly namespace: string;
}

/** The status of an answer, as the cause of an error. */
class HttpStatus extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`status ${status}: ${text}`);
    this.status = status;
  }
}

/** Whether the same request may succeed later. A token that has just expired is renewed by kubectl when it has been refused once. */
export function mayHeal({ cause }: OpError, failures: number): boolean {
  if (!(cause instanceof HttpStatus)) return cause !== undefined;
  return cause.status >= 500 || cause.status === 429 || (cause.status === 401 && failures < 2);
}

/** The error for an answer that is not a success. */
export function failureOfAnswer(asked: Asked, answer: Pick<Answer, 'status' | 'text'>): OpError {
  const { kind, namespace } = asked;
  const found = parseStatus(answer.text);
  const text = found?.message || answer.text.trim();
  const said = oneLine(text, 500) || `status ${answer.status}`;
  const what = `${asked.what} in namespace ${namespace}`;
  const cause = new HttpStatus(answer.status, said);
  if (answer.status === 404 && found?.reason !== 'NotFound') return noSuchKind(what, kind);
  return (
    missingRight(what, text) ??
    knownFailure(what, text, said, cause) ??
    toolError({
      what,
      cause,
      why: `the API server said (${answer.status}): ${said}`,
      hint: `look at it with: kubectl get ${resourceOf(kind)} --namespace ${namespace}`,
    })
  );
}

/** The error for a kind that the cluster does not have. */
const noSuchKind = (what: string, kind: Kind) =>
  toolError({
    what,
    why: `the cluster has no ${kind.kind} of ${kind.group}/${kind.version}: what brings it is not installed, or in another version`,
    hint: `look at what there is with: kubectl api-resources --api-group=${kind.group}`,
  });

/** The error for a request that got no answer. */
export function failureOfConnection(asked: Asked, cause: Error): OpError {
  const said = oneLine(cause.message, 300);
  const what = `${asked.what} in namespace ${asked.namespace}`;
  return (
    knownFailure(what, cause.message, said, cause) ??
    toolError({
      what,
      why: `the connection to the API server was cut (${said})`,
      hint: 'try again; look at the cluster with: kubectl get --raw /readyz',
      cause,
    })
  );
}

/** The error for a `kubectl proxy` that did not start. */
export function failureToStart(ended: Ended, { kubeconfig, context }: Cluster): OpError {
  const what = 'cannot connect to the Kubernetes API';
  if (ended.ended === 'missing') return failureOf({ program: 'kubectl', args: [] }, ended, { what, hint: '' });
  const said = oneLine(ended.stderr, 500) || `exit code ${ended.exitCode ?? 'none'}`;
  if (/context "[^"]*" does not exist/u.test(ended.stderr) && context !== undefined) {
    const from = kubeconfig === undefined ? '' : ` --kubeconfig=${kubeconfig}`;
    return inputError({
      what,
      why: `the kubeconfig${kubeconfig === undefined ? '' : ` ${kubeconfig}`} has no context "${oneLine(context)}"`,
      hint: `take one of: kubectl config get-contexts --output=name${from}`,
    });
  }
  if (/error loading config file|couldn't get version\/kind|no such file or directory/u.test(ended.stderr)) {
    return inputError({
      what,
      why: `the kubeconfig cannot be read (kubectl said: ${said})`,
      hint: 'name a kubeconfig that kubectl can read with --kubeconfig',
    });
  }
  return (
    knownFailure(what, ended.stderr, said) ??
    toolError({ what, why: `kubectl proxy ended (it said: ${said})`, hint: 'run it again with --debug' })
  );
}
