import { type OpError, toolError } from '../../kit/errors/op-error.js';
import type { BuildKit } from './buildkit.js';

/** What gRPC and Go's crypto/tls say, what that means, and what to do about it. */
const meanings: readonly (readonly [RegExp, (buildkit: BuildKit) => string, string])[] = [
  [
    // A client shows no certificate that is of none of the authorities which the server names.
    /certificate required|remote error: tls: (?:unknown certificate|bad certificate|unknown authority|certificate|expired)/u,
    ({ tls }) =>
      tls === undefined
        ? 'it wants a client certificate, and none was given'
        : 'it refuses the client certificate, or that is of no authority which it trusts',
    'name with --buildkit-tls (in a Task: the workspace buildkit-client) a directory with ca.pem, cert.pem and key.pem of the authority that the server trusts (its --tlscacert)',
  ],
  [
    /certificate signed by unknown authority|failed to append ca certs/u,
    () => 'its certificate is not signed by the authority in --buildkit-tls',
    'put the authority of the server as ca.pem (or ca.crt) into that directory',
  ],
  [
    /failed to verify certificate/u,
    () => 'its certificate is not valid for this address',
    'use the host name that the certificate was made for, or renew the certificate',
  ],
  [
    /could not read (?:ca )?certificate|private key does not match/u,
    () => 'the files in --buildkit-tls are not a certificate and its key',
    'put ca.pem, cert.pem and the key.pem that belongs to it into that directory',
  ],
  [
    /first record does not look like a TLS handshake/u,
    () => 'it has no TLS, and --buildkit-tls is given',
    'leave --buildkit-tls out, or name the port on which it has TLS',
  ],
  [
    /broken pipe|connection reset|server preface: EOF/u,
    ({ tls }) =>
      tls === undefined
        ? 'it closed the connection: it wants TLS, or is no BuildKit server'
        : 'it closed the connection: it refuses the client certificate, or is no BuildKit server',
    'check --buildkit-tls (in a Task: the workspace buildkit-client) and the port; ask it with: buildctl --addr ADDRESS debug workers',
  ],
  [
    /permission denied/u,
    () => 'this user may not use the socket',
    'ask who runs buildkitd to give this user the group of the socket, or name another server with --buildkit-host',
  ],
  [
    /./su,
    () => 'nothing answers there',
    'check that buildkitd runs there and that a NetworkPolicy lets this pod reach it; name another with --buildkit-host',
  ],
];

/** Whether buildctl's words are about the connection, and not about the build. */
export const isConnectionFailure = (said: string) =>
  /failed to list workers: |could not read (?:ca )?certificate|failed to append ca certs/u.test(said);

/** The error for a server that could not be spoken to. */
export function explainConnection(buildkit: BuildKit, said: string): OpError {
  const found = meanings.find(([sign]) => sign.test(said));
  const [, meaning, hint] = found ?? [undefined, () => 'nothing answers there', ''];
  const quoted = said
    .trim()
    .replace(/^.*?connection error: desc = "(.*)"$/su, '$1')
    .replace(/^error: (?:listing workers for Build: )?(?:failed to list workers: )?/u, '');
  return toolError({
    what: `cannot reach BuildKit at ${buildkit.address} (${buildkit.origin})`,
    why: `${meaning(buildkit)}: ${quoted || 'it said nothing'}`,
    hint,
  });
}
