import * as v from 'valibot';
import { inputError, type OpError, toolError } from '../../kit/errors/op-error.js';
import { namesShown } from '../../kit/files/names-shown.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { oneLine } from '../../kit/log/printable.js';
import { type Ended, failureOf } from '../../kit/process/run.js';
import type { Cluster } from './cluster.js';
import type { Answer } from './connections.js';
import { type Kind, resourceOf } from './kind.js';
import { knownFailure } from './known-failures.js';
import { type Identity, missingRight } from './missing-right.js';

/** What the API server answers instead of an object. Source: apimachinery's metav1.Status. */
const status = v.object({
  kind: v.literal('Status'),
  reason: v.optional(v.string(), ''),
  message: v.optional(v.string(), ''),
});
export type Status = v.InferOutput<typeof status>;

/** The Status in an answer's text; undefined when the text is something else, such as a message of the proxy. */
export const parseStatus = (text: string): Status | undefined => parseJson(status, text);

/** What op does at the API, for the words of an error. */
export interface Operation {
  /** Such as "cannot create Lease octopipeline-dev-shop". */
  readonly what: string;
  readonly kind: Kind;
  readonly namespace: string;
  readonly identity?: Identity | undefined;
}

/** The status of an answer, as the cause of an error. */
class HttpStatus extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`status ${status}: ${text}`);
    this.status = status;
  }
}

/** Whether the same request may succeed later. kubectl renews an expired token once it was refused. */
export function mayHeal({ cause }: OpError, failures: number): boolean {
  if (!(cause instanceof HttpStatus)) return cause !== undefined;
  return cause.status >= 500 || cause.status === 429 || (cause.status === 401 && failures < 2);
}

/** The error for an answer that is not a success. */
export function failureOfAnswer(operation: Operation, answer: Pick<Answer, 'status' | 'text'>): OpError {
  const { kind, namespace, identity } = operation;
  const found = parseStatus(answer.text);
  const text = found?.message || answer.text.trim();
  const said = oneLine(text, 500) || `status ${answer.status}`;
  const what = `${operation.what} in namespace ${namespace}`;
  const cause = new HttpStatus(answer.status, said);
  if (answer.status === 404 && found?.reason !== 'NotFound') return noSuchKind(what, kind);
  return (
    missingRight(what, text, identity) ??
    knownFailure(what, text, said, cause) ??
    toolError({
      what,
      cause,
      why: `the API server said (${answer.status}): ${said}`,
      hint: `look at it with: kubectl get ${resourceOf(kind)} --namespace ${namespace}`,
    })
  );
}

/** The error for a kind that the cluster does not serve. */
const noSuchKind = (what: string, kind: Kind) =>
  toolError({
    what,
    why: `the cluster has no ${kind.kind} of ${kind.group}/${kind.version}: its controller is not installed, or is another version`,
    hint: `list what it has with: kubectl api-resources --api-group=${kind.group}`,
  });

/** The error for a request that got no answer. */
export function failureOfConnection(operation: Operation, cause: Error): OpError {
  const said = oneLine(cause.message, 300);
  const what = `${operation.what} in namespace ${operation.namespace}`;
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

export const isMissingContext = (stderr: string) => /context "[^"]*" does not exist/u.test(stderr);

/** The error for a `kubectl proxy` that did not start. @param contexts those of the kubeconfig, if its context is missing */
export function failureToStart(ended: Ended, { kubeconfig, context }: Cluster, contexts: readonly string[]): OpError {
  const what = 'cannot connect to the Kubernetes API';
  if (ended.ended === 'missing') return failureOf({ program: 'kubectl', args: [] }, ended, { what, hint: '' });
  const said = oneLine(ended.stderr, 500) || `exit code ${ended.exitCode ?? 'none'}`;
  if (isMissingContext(ended.stderr) && context !== undefined) {
    const from = kubeconfig === undefined ? '' : ` --kubeconfig=${kubeconfig}`;
    return inputError({
      what,
      why: `the kubeconfig${kubeconfig === undefined ? '' : ` ${kubeconfig}`} has no context "${oneLine(context)}", but ${namesShown(contexts)}`,
      hint: `use one of: kubectl config get-contexts --output=name${from}`,
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
