import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';

/** A BuildKit server and how to reach it. */
export interface BuildKit {
  /** `tcp://HOST:PORT`, `unix:///path`: a value of `buildctl --addr`. */
  readonly address: string;
  /** Directory with ca.pem, cert.pem and key.pem (or ca.crt, tls.crt, tls.key: a kubernetes.io/tls Secret); undefined for no TLS. */
  readonly tls: string | undefined;
  /** Where the address came from, for messages: `--buildkit-host`, `BUILDKIT_HOST`, `the usual socket`. */
  readonly origin: string;
}

/** The global flags of buildctl for a server; they go before the subcommand. @throws OpError (input) for missing certificates */
export const connectionFlags = async ({ address, tls }: BuildKit): Promise<readonly string[]> => [
  '--addr',
  address,
  ...(tls === undefined ? [] : await certificateFlags(tls)),
];

/** The schemes that buildctl itself resolves to a program that connects, such as `kubectl exec`. */
const connectionHelpers = ['kube-pod', 'docker-container', 'podman-container', 'nerdctl-container', 'ssh'];

/**
 * Checks an address that buildctl accepts: `tcp://HOST:PORT`, `unix:///PATH`, or one of its connection helpers.
 * @param origin where it came from, for the message
 * @throws OpError (input)
 */
export function checkAddress(address: string, origin: string): void {
  const problem = problemOfAddress(address);
  if (problem === undefined) return;
  throw inputError({
    what: `"${address}" (${origin}) is not the address of a BuildKit server`,
    why: problem,
    hint: 'use tcp://HOST:PORT or unix:///PATH/OF/SOCKET, as with buildctl --addr',
  });
}

function problemOfAddress(address: string): string | undefined {
  const [, scheme, rest = ''] = /^([a-z][a-z-]*):\/\/(.*)$/su.exec(address) ?? [];
  if (scheme === undefined) return 'it has no scheme such as tcp://';
  if (/[\s\p{Cc}]/u.test(address)) return 'it has a space or a control character';
  if (scheme === 'unix') return rest.startsWith('/') ? undefined : 'the path of a socket must start with a slash';
  if (scheme === 'tcp') return problemOfHost(rest);
  if (!connectionHelpers.includes(scheme)) return `the scheme ${scheme} is unknown`;
  return rest === '' ? 'there is nothing after the scheme' : undefined;
}

function problemOfHost(rest: string): string | undefined {
  const [, port] = /^(?:[a-zA-Z0-9._-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/u.exec(rest) ?? [];
  if (port === undefined) return 'a tcp address is a host, a colon and a port, and nothing else';
  return Number(port) > 0 && Number(port) < 65536 ? undefined : `${port} is not a valid port`;
}

/** The files of mutual TLS, each under the name in BuildKit's documentation or in a `kubernetes.io/tls` Secret. */
const certificateFiles = [
  ['--tlscacert', 'the certificate authority', 'ca.pem', 'ca.crt'],
  ['--tlscert', 'the client certificate', 'cert.pem', 'tls.crt'],
  ['--tlskey', "the client's private key", 'key.pem', 'tls.key'],
] as const;

/**
 * The flags with which buildctl shows its certificate and checks the server's. They are paths only: op never reads the key.
 * @throws OpError (input) for a file that is missing or cannot be read
 */
export async function certificateFlags(directory: string): Promise<readonly string[]> {
  const flags: string[] = [];
  for (const [flag, meaning, ...names] of certificateFiles) {
    const paths = names.map((name) => join(directory, name));
    const failures = await Promise.all(
      paths.map((path) =>
        access(path, constants.R_OK).then(
          () => undefined,
          (cause: NodeJS.ErrnoException) => cause,
        ),
      ),
    );
    const found = paths[failures.indexOf(undefined)];
    if (found === undefined) throw certificateMissing(directory, meaning, names, failures);
    flags.push(flag, found);
  }
  return flags;
}

function certificateMissing(
  directory: string,
  meaning: string,
  names: readonly string[],
  failures: readonly (NodeJS.ErrnoException | undefined)[],
) {
  const unreadable = failures.find((failure) => failure?.code !== 'ENOENT');
  return inputError({
    what: `${meaning} for BuildKit is not in ${directory}`,
    why: unreadable?.message ?? `${names.join(' or ')} not found`,
    hint: 'use --buildkit-tls with a directory that has ca.pem, cert.pem and key.pem (or ca.crt, tls.crt, tls.key); in a Task, bind the Secret',
  });
}
