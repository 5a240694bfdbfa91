import type { Context } from '../../context.js';
import { type OpError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { type Ended, failureOf, run } from '../../kit/process/run.js';
import { knownFailure } from '../../systems/kubernetes/known-failures.js';

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

/** The error for a kubectl that failed. @param what such as "cannot publish" */
export function failureOfKubectl(what: string, ended: Ended, namespace: string | undefined): OpError {
  if (ended.ended === 'missing') return failureOf({ program: 'kubectl', args: [] }, ended, { what, hint: '' });
  const lines = ended.stderr
    .trim()
    .split('\n')
    .filter((line) => !/^[EWI]\d{4} /u.test(line));
  const said = oneLine(lines.slice(-3).join(' ') || ended.stderr, 500);
  if (/\(Forbidden\)|is forbidden/u.test(ended.stderr) && !/exceeded quota/u.test(ended.stderr)) {
    return forbidden(what, said, namespace);
  }
  return (
    knownFailure(what, ended.stderr, said) ??
    toolError({ what, why: `kubectl said: ${said}`, hint: 'run it again with --debug to see each call of kubectl' })
  );
}

function forbidden(what: string, said: string, given: string | undefined): OpError {
  const account = /system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)/u.exec(said);
  const namespace = given ?? /in the namespace "([^"]+)"/u.exec(said)?.[1] ?? 'default';
  const name = 'octopipeline-build-push';
  const bind = `kubectl create rolebinding ${name} --role=${name} --serviceaccount=${namespace}:${name} --namespace=${namespace}`;
  const other =
    account !== null && account[2] !== name ? `run it as the service account ${name}; if that has no rights yet: ` : '';
  return toolError({ what, why: `this account has no right to (kubectl said: ${said})`, hint: `${other}${bind}` });
}
