import { type OpError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';

/** Source: the message of apiserver's authorization errors. */
const message =
  / is forbidden: User "([^"]*)" cannot (\S+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?/u;

/** Roles of a file in `dist/optional/` for a command that runs as any account. */
export interface Roles {
  /** Below `dist/optional/`. */
  readonly file: string;
  /** The Role that has a right. */
  readonly roleFor: (verb: string, resource: string) => string;
}

/** Who op is in the cluster. */
export interface Identity {
  /** The Role with the rights of this command, and the ServiceAccount of that name that it runs as; for the error when a right is missing. */
  readonly ownRole?: string | undefined;
  /**
   * For a command that runs as any account: the Roles that it may be given.
   * @default - those of environments
   */
  readonly roles?: Roles | undefined;
}

/**
 * The error for a right that is missing according to the API server, with the command that grants it; undefined for other messages.
 */
export function missingRight(
  what: string,
  text: string,
  { ownRole, roles = ofEnvironment }: Identity = {},
): OpError | undefined {
  const found = message.exec(text);
  if (found === null) return undefined;
  const [, user = '', verb = '', resource = '', group = '', namespace] = found;
  const of = group === '' ? '' : ` of ${group}`;
  const where = namespace === undefined ? 'in the whole cluster' : `in namespace ${namespace}`;
  return toolError({
    what,
    why: `${user || 'this account'} has no right to ${verb} ${resource}${of} ${where} (the API server said: ${oneLine(text, 400)})`,
    hint:
      ownRole === undefined
        ? bindUser(user, roles.roleFor(verb, resource), roles.file, namespace)
        : bindOwn(user, ownRole, namespace),
  });
}

const account = (user: string) => /^system:serviceaccount:([^:]+):([^:]+)$/u.exec(user);
const option = (namespace: string | undefined) => (namespace === undefined ? '' : ` --namespace=${namespace}`);

function bindUser(user: string, role: string, file: string, namespace: string | undefined): string {
  const [, from, name] = account(user) ?? [];
  const subject = name === undefined ? `--user=${user}` : `--serviceaccount=${from}:${name}`;
  const at = option(namespace);
  return `kubectl create rolebinding ${role} --role=${role} ${subject}${at}\nif that Role does not exist: kubectl apply --filename=dist/optional/${file}${at}`;
}

function bindOwn(user: string, role: string, namespace = 'default'): string {
  const name = account(user)?.[2];
  const bind = `kubectl create rolebinding ${role} --role=${role} --serviceaccount=${namespace}:${role}${option(namespace)}`;
  return name === undefined || name === role
    ? bind
    : `run it as the service account ${role}; if that has no rights yet: ${bind}`;
}

/** The Role of dist/optional/environment.yaml that has a right: tests of a release create objects, and the release is read from Secrets. */
const ofEnvironment: Roles = {
  file: 'environment.yaml',
  roleFor: (verb, resource) =>
    resource === 'secrets' || (/^(?:create|delete)$/u.test(verb) && resource !== 'leases')
      ? 'octopipeline-helm-test'
      : 'octopipeline-environment',
};
