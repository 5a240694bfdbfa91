import { describe, expect, it } from 'vitest';
import { problemIn } from './problem.js';

const fallback = '2026/11/21 02:57:20 HEAD request failed, falling back on GET: ';

describe('the output of a registry tool', () => {
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
    ['absent', 'failed to request manifest head r/x:1: request failed: not found [http 404]: '],
    [
      'absent',
      'copy failed, error getting source: failed to get manifest r/x:1: request failed: not found [http 404]: {}',
    ],
    ['refused', 'failed to request manifest head r/x:1: request failed: unauthorized [http 403]: '],
    ['refused', 'failed to request manifest head r/x:1: no credentials available: unauthorized'],
    ['refused', 'failed to request manifest head r/x:1: unauthorized'],
    ['refused', 'failed to request manifest head r/x:1: empty challenge header'],
    [
      'read-only',
      'failed to put manifest r/x:1: request failed: unexpected http status code: Method Not Allowed [http 405]: ',
    ],
    ['read-only', 'Error: PUT http://r/v2/x/manifests/1: UNSUPPORTED: The operation is unsupported.'],
    ['busy', 'failed to request manifest head r/x:1: retry limit exceeded'],
    ['busy', 'failed to request manifest head r/x:1: request failed: rate limit exceeded [http 429]: '],
    ['busy', 'failed to get manifest r/x:1: request failed: unexpected http status code: Bad Gateway [http 502]: '],
    ['busy', 'failed to get manifest r/x:1: Get "http://r/v2/x/manifests/1": EOF'],
    // Another client is pushing the same layers, and the registry does not have all of them yet.
    [
      'busy',
      'failed to put manifest r/x@sha256:1: request failed: Bad Request [http 400]: {"code":"MANIFEST_BLOB_UNKNOWN"}',
    ],
    // The upload that it belongs to is gone after a broken connection.
    ['busy', 'failed to send blob (chunk), ref r/x@sha256:1: http status: not found [http 404]'],
    [
      'unreachable',
      'failed to request manifest head r/x:1: Head "https://r/v2/x": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    ['absent', `${fallback}unexpected status code 401 Unauthorized\nError: GET http://r/v2/x: MANIFEST_UNKNOWN: no`],
  ])('means %s: %s', (problem, output) => expect(problemIn(output)).toBe(problem));
});
