import { type OpError, toolError } from '../../kit/errors/op-error.js';
import type { BuildKit } from './connection.js';

/** Messages of gRPC and Go's crypto/tls, what they mean, and what to do about them. */
const meanings: readonly (readonly [RegExp, (buildkit: BuildKit) => string, string])[] = [
  [
    // A client does not show a certificate that no authority named by the server has signed.
    /certificate required|remote error: tls: (?:unknown certificate|bad certificate|unknown authority|certificate|expired)/u,
    ({ tls }) =>
      tls === undefined
        ? 'it requires a client certificate, and --buildkit-tls is not set'
        : 'it rejects the client certificate, or does not trust the authority that signed it',
    'use --buildkit-tls (in a Task: the workspace buildkit-client) with a directory that has ca.pem, cert.pem and key.pem of the authority that the server trusts (its --tlscacert)',
  ],
  [
    /certificate signed by unknown authority|failed to append ca certs/u,
    () => 'its certificate is not signed by the authority in --buildkit-tls',
    "put the server's authority into that directory as ca.pem (or ca.crt)",
  ],
  [
    /failed to verify certificate/u,
    () => 'its certificate is not valid for this address',
    'use the host name in the certificate, or renew the certificate',
  ],
  [
    /could not read (?:ca )?certificate|private key does not match/u,
    () => 'the files in --buildkit-tls are not a certificate and its key',
    'put ca.pem, cert.pem and the matching key.pem into that directory',
  ],
  [
    /first record does not look like a TLS handshake/u,
    () => 'it does not use TLS, but --buildkit-tls is set',
    'leave out --buildkit-tls, or use the port that has TLS',
  ],
  [
    /broken pipe|connection reset|server preface: EOF/u,
    ({ tls }) =>
      tls === undefined
        ? 'it closed the connection: it requires TLS, or is not a BuildKit server'
        : 'it closed the connection: it rejects the client certificate, or is not a BuildKit server',
    'check --buildkit-tls (in a Task: the workspace buildkit-client) and the port; try: buildctl --addr ADDRESS debug workers',
  ],
  [
    /permission denied/u,
    () => 'this user may not use the socket',
    'add this user to the group of the socket, or use another server with --buildkit-host',
  ],
  [
    /./su,
    () => 'nothing answers at this address',
    'check that buildkitd runs there and that a NetworkPolicy lets this pod reach it; use another server with --buildkit-host',
  ],
];

/** Whether buildctl's output is about the connection, and not about the build. */
export const isConnectionFailure = (output: string) =>
  /failed to list workers: |could not read (?:ca )?certificate|failed to append ca certs/u.test(output);

/** The error for a server that cannot be reached. */
export function explainConnection(buildkit: BuildKit, output: string): OpError {
  const found = meanings.find(([sign]) => sign.test(output));
  const [, meaning, hint] = found ?? [undefined, () => 'nothing answers at this address', ''];
  const quoted = output
    .trim()
    .replace(/^.*?connection error: desc = "(.*)"$/su, '$1')
    .replace(/^error: (?:listing workers for Build: )?(?:failed to list workers: )?/u, '');
  return toolError({
    what: `cannot reach BuildKit at ${buildkit.address} (${buildkit.origin})`,
    why: `${meaning(buildkit)}: ${quoted || 'buildctl printed nothing'}`,
    hint,
  });
}
