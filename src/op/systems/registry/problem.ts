/**
 * Why a request to a registry failed: image not found; credentials missing or refused; writes not allowed; busy, so that a retry may
 * work; not reachable; anything else.
 */
export type Problem = 'absent' | 'refused' | 'read-only' | 'busy' | 'unreachable' | 'other';

/**
 * The messages of go-containerregistry, which crane, Skaffold and ko print, and those of regclient (`[http 404]`). Source: their errors
 * (transport.Error, reghttp.HTTPError) and Go's net package.
 */
const signs: readonly (readonly [Problem, RegExp])[] = [
  [
    'unreachable',
    /connection refused|no such host|server misbehaving|network is unreachable|no route to host|x509:|tls: |HTTP response to HTTPS client|dial tcp[^\n]*i\/o timeout/iu,
  ],
  [
    'refused',
    /UNAUTHORIZED|DENIED|(?<!permission )\bdenied\b|\b(?:401 Unauthorized|403 Forbidden)|: unauthorized\b|empty challenge header|no basic auth credentials|authentication required/u,
  ],
  ['read-only', /\[http 405\]|405 Method Not Allowed|UNSUPPORTED: /u],
  [
    'busy',
    /TOOMANYREQUESTS|(?:status code |\[http )(?:408|429|5\d\d)\b|(?:retry|backoff) limit|broken pipe|connection reset|i\/o timeout|TLS handshake timeout|unexpected EOF|: EOF\b|\bshort read\b|failed to send blob[^\n]*\[http 4(?:04|16)\]|failed to put manifest[^\n]*(?:BLOB_UNKNOWN|DIGEST_INVALID)/u,
  ],
  ['absent', /MANIFEST_UNKNOWN|NAME_UNKNOWN|\b404 Not Found|\[http 404\]/u],
];

/** Finds the problem in the output of a tool that talked to a registry. */
export function problemIn(output: string): Problem {
  const last = output.split('\n').filter((line) => line.startsWith('Error:'));
  const text = last.length > 0 ? last.join('\n') : output;
  return signs.find(([, sign]) => sign.test(text))?.[0] ?? 'other';
}

/** What the user can do about it. */
export function hintFor(problem: Problem, registry: string): string {
  switch (problem) {
    case 'refused':
      return `give credentials that may push to ${registry} with --dockerconfig DIR (in a Task: the workspace dockerconfig), or log in: crane auth login ${registry}`;
    case 'unreachable':
      return `check the name ${registry}, and that it is running; if it has no TLS, add it with --insecure-registry`;
    case 'read-only':
      return `${registry} is read-only: it is a mirror or under maintenance; use another repository, or try again later`;
    case 'busy':
      return `${registry} is busy or limits requests: run the same command again later`;
    default:
      return `query ${registry} with: crane digest IMAGE, and run op doctor`;
  }
}
