import { type OpError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';

/** Source: the message of apiserver's authorization errors. */
const message =
  / is forbidden: User "([^"]*)" cannot (\S+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?/u;

/** The error for a right that the API server says is missing, with the command that gives it; undefined for other words. */
export function missingRight(what: string, text: string): OpError | undefined {
  const found = message.exec(text);
  if (found === null) return undefined;
  const [, user = '', verb = '', resource = '', group = '', namespace] = found;
  const name = roleFor(verb, resource);
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/u.exec(user);
  const subject = account === null ? `--user=${user}` : `--serviceaccount=${account[1]}:${account[2]}`;
  const of = group === '' ? '' : ` of ${group}`;
  const where = namespace === undefined ? 'in the whole cluster' : `in namespace ${namespace}`;
  const at = namespace === undefined ? '' : ` --namespace=${namespace}`;
  return toolError({
    what,
    why: `${user || 'this account'} has no right to ${verb} ${resource}${of} ${where} (the API server said: ${oneLine(text, 400)})`,
    hint: `kubectl create rolebinding ${name} --role=${name} ${subject}${at}\nif that Role is not there: kubectl apply --filename=dist/optional/environment.yaml${at}`,
  });
}

/** The Role of dist/optional/environment.yaml that has a right: helm's tests make things, and read Secrets. */
const roleFor = (verb: string, resource: string) =>
  resource === 'secrets' || (/^(?:create|delete)$/u.test(verb) && resource !== 'leases')
    ? 'octopipeline-helm-test'
    : 'octopipeline-environment';
