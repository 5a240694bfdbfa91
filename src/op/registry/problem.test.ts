import { describe, expect, it } from 'vitest';
import { problemIn } from './problem.js';

const fallback = '2026/11/21 02:57:20 HEAD request failed, falling back on GET: ';

describe('what a registry tool says', () => {
  it.each([
    ['absent', 'Error: GET http://r/v2/x/manifests/1: MANIFEST_UNKNOWN: manifest unknown; map[Tag:1]'],
    ['absent', 'Error: GET http://r/v2/x/manifests/1: NAME_UNKNOWN: Unknown name'],
    [
      'absent',
      'Error: HEAD https://r/v2/x/manifests/1: unexpected status code 404 Not Found (HEAD responses have no body)',
    ],
    ['refused', 'Error: GET http://r/v2/x/manifests/1: UNAUTHORIZED: authentication required; [map[Action:pull]]'],
    ['refused', 'Error: GET https://r/token?scope=x: DENIED: requested access to the resource is denied'],
    [
      'refused',
      'pushing image: HEAD http://r/v2/y/manifests/1: unexpected status code 401 Unauthorized (HEAD responses',
    ],
    ['refused', 'Error: GET https://r/token: unexpected status code 403 Forbidden: no'],
    ['busy', 'Error: GET http://r/v2/x/manifests/1: TOOMANYREQUESTS: slow'],
    ['busy', 'Error: GET http://r/v2/x/manifests/1: unexpected status code 503 Service Unavailable: oops'],
    ['busy', 'Error: Get "https://r/v2/": read tcp 10.0.0.1:4-10.0.0.2:5: read: connection reset by peer'],
    ['busy', 'Error: Get "https://r/v2/": net/http: TLS handshake timeout'],
    ['busy', 'Error: PUT https://r/v2/x/blobs/uploads/1: unexpected EOF'],
    ['unreachable', 'Error: Get "https://r/v2/": dial tcp 127.0.0.1:5999: connect: connection refused'],
    ['unreachable', 'Error: Get "https://r.invalid/v2/": dial tcp: lookup r.invalid on 10.0.0.1:53: no such host'],
    ['unreachable', 'Error: Get "https://r/v2/": dial tcp: lookup r on 10.0.0.1:53: read udp 10.0.0.2:5: i/o timeout'],
    ['unreachable', 'Error: Get "https://r/v2/": dial tcp 10.9.9.9:443: i/o timeout'],
    ['busy', 'Error: Get "https://r/v2/x": read tcp 10.0.0.1:4->10.0.0.2:5: i/o timeout'],
    ['unreachable', 'Error: Get "https://r/v2/": http: server gave HTTP response to HTTPS client'],
    [
      'unreachable',
      'Error: Get "https://r/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ],
    ['other', 'Error: parsing reference "x y": could not parse reference'],
    ['absent', `${fallback}unexpected status code 401 Unauthorized\nError: GET http://r/v2/x: MANIFEST_UNKNOWN: no`],
  ])('means %s: %s', (problem, output) => expect(problemIn(output)).toBe(problem));
});
