import { inputError } from '../../kit/errors/op-error.js';

/** The schemes that buildctl itself resolves to a program that connects, such as `kubectl exec`. */
const throughPrograms = ['kube-pod', 'docker-container', 'podman-container', 'nerdctl-container', 'ssh'];

/**
 * Checks an address that buildctl takes: `tcp://HOST:PORT`, `unix:///PATH`, or one of its connection helpers.
 * @param origin where it came from, for the message
 * @throws OpError (input)
 */
export function checkAddress(address: string, origin: string): void {
  const problem = problemOf(address);
  if (problem === undefined) return;
  throw inputError({
    what: `"${address}" (${origin}) is not the address of a BuildKit server`,
    why: problem,
    hint: 'write tcp://HOST:PORT or unix:///PATH/OF/SOCKET, as buildctl --addr takes it',
  });
}

function problemOf(address: string): string | undefined {
  const [, scheme, rest = ''] = /^([a-z][a-z-]*):\/\/(.*)$/su.exec(address) ?? [];
  if (scheme === undefined) return 'it has no scheme such as tcp://';
  if (/[\s\p{Cc}]/u.test(address)) return 'it has a space or a control character';
  if (scheme === 'unix') return rest.startsWith('/') ? undefined : 'the path of a socket starts with a slash';
  if (scheme === 'tcp') return problemOfHost(rest);
  if (!throughPrograms.includes(scheme)) return `its scheme is ${scheme}`;
  return rest === '' ? 'it names nothing after the scheme' : undefined;
}

function problemOfHost(rest: string): string | undefined {
  const [, port] = /^(?:[a-zA-Z0-9._-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/u.exec(rest) ?? [];
  if (port === undefined) return 'a tcp address is a host, a colon and a port, and nothing else';
  return Number(port) > 0 && Number(port) < 65536 ? undefined : `there is no port ${port}`;
}
