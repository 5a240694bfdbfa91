import { describe, expect, it } from 'vitest';
import type { Problem } from './answers/problem-of-answer.js';
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

/** What registries answer, as crane, regctl, BuildKit and Docker print it. */
const answers: readonly (readonly [problem: Problem, registry: string, output: string])[] = [
  [
    'no-repository',
    'Amazon ECR',
    `Error: POST https://r/v2/x/blobs/uploads/: NAME_UNKNOWN: The repository with name 'x' does not exist in the registry with id '1'`,
  ],
  [
    'no-repository',
    'Amazon ECR',
    'failed to send blob post, ref r/x:1: request failed: not found [http 404]: {"errors":[{"code":"NAME_UNKNOWN","message":"The repository with name \'x\' does not exist in the registry with id \'1\'"}]}',
  ],
  [
    'no-repository',
    'Google Artifact Registry',
    'Error: POST https://r/v2/x/blobs/uploads/: NAME_UNKNOWN: Repository "docker" not found',
  ],
  [
    'no-repository',
    'Harbor',
    'failed to send blob post, ref r/x:1: request failed: not found [http 404]: {"errors":[{"code":"NOT_FOUND","message":"project x not found"}]}',
  ],
  [
    'absent',
    'Amazon ECR, reading',
    `Error: GET https://r/v2/x/manifests/1: NAME_UNKNOWN: The repository with name 'x' does not exist`,
  ],
  [
    'immutable',
    'Amazon ECR',
    `Error: PUT https://r/v2/x/manifests/1: TAG_INVALID: The image tag '1' already exists in the 'x' repository and cannot be overwritten because the repository is immutable.`,
  ],
  [
    'immutable',
    'Amazon ECR by BuildKit',
    `failed to push r/x:1: tag invalid: The image tag '1' already exists in the 'x' repository and cannot be overwritten because the tag is immutable.`,
  ],
  [
    'immutable',
    'Harbor',
    `failed to put manifest r/x:1: request failed: unexpected http status code: Precondition Failed [http 412]: {"errors":[{"code":"PRECONDITION","message":"Failed to process request due to 'x:1' configured as immutable."}]}`,
  ],
  [
    'immutable',
    'Nexus',
    'Error: PUT https://r/v2/x/manifests/1: BLOB_UPLOAD_INVALID: blob upload invalid; Repository does not allow updating assets: docker-hosted',
  ],
  [
    'immutable',
    'Nexus',
    'failed to put manifest r/x:1: request failed: unexpected http status code: Bad Request [http 400]: {"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"blob upload invalid","detail":"Repository does not allow updating assets: docker-hosted"}]}',
  ],
  [
    'immutable',
    'Artifactory',
    `Error: PUT https://r/v2/x/manifests/1: UNAUTHORIZED: The client does not have permission for manifest: Not enough permissions to delete/overwrite artifact 'docker:x/1/manifest.json' (user: 'ci' needs DELETE permission).`,
  ],
  [
    'immutable',
    'Google Artifact Registry',
    'Error: PUT https://r/v2/x/manifests/1: MANIFEST_INVALID: cannot update tag "1". The repository has enabled tag immutability.',
  ],
  [
    'immutable',
    'Quay',
    'failed to put manifest r/x:1: request failed: unexpected http status code: Conflict [http 409]: {"errors":[{"code":"TAG_IMMUTABLE","detail":{},"message":"tag is immutable"}]}',
  ],
  ['immutable', 'any, without words', 'Error: PUT https://r/v2/x/manifests/1: unexpected status code 409 Conflict'],
  [
    'full',
    'Harbor',
    'Error: PUT https://r/v2/x/blobs/uploads/1: DENIED: adding 29.0 MiB of storage resource, which when updated to current usage of 152.4 MiB will exceed the configured upper limit of 10.0 MiB.',
  ],
  [
    'full',
    'Harbor',
    'failed to put manifest r/x:1: request failed: unauthorized [http 403]: {"errors":[{"code":"DENIED","message":"Quota exceeded when processing the request of adding 1.0 MiB"}]}',
  ],
  [
    'full',
    'Harbor by Docker',
    'denied: adding 29.0 MiB of storage resource, which when updated to current usage of 152.4 MiB will exceed the configured upper limit of 10.0 MiB.',
  ],
  ['full', 'Quay', 'Error: POST https://r/v2/x/blobs/uploads/: DENIED: Quota has been exceeded on namespace'],
  ['full', 'DigitalOcean', 'denied: registry contains 1 repositories, limit is 1'],
  [
    'full',
    'Artifactory',
    'Error: PATCH https://r/v2/x/blobs/uploads/1: unexpected status code 413 Request Entity Too Large: Datastore disk usage is too high, storage quota limit reached',
  ],
  ['full', 'any, 507', 'Error: PUT https://r/v2/x/blobs/uploads/1: unexpected status code 507 Insufficient Storage'],
  [
    'too-large',
    'nginx',
    'Error: PATCH https://r/v2/x/blobs/uploads/1: unexpected status code 413 Request Entity Too Large: <html><head><title>413 Request Entity Too Large</title></head>',
  ],
  [
    'too-large',
    'nginx',
    'failed to send blob (chunk), ref r/x@sha256:1: http do: request failed: unexpected http status code: Request Entity Too Large [http 413]: <html>',
  ],
  [
    'too-large',
    'Cloudflare by BuildKit',
    'failed to push r/x:1: unexpected status from PUT request to https://r/v2/x/blobs/uploads/1?digest=sha256%3A1: 413 Payload Too Large',
  ],
  ['refused', 'GitHub', 'Error: POST https://r/v2/x/blobs/uploads/: DENIED: permission_denied: write_package'],
  [
    'refused',
    'Docker Hub by BuildKit',
    'failed to push r/x:1: push access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
  ],
  [
    'refused',
    'any by BuildKit',
    'failed to push r/x:1: failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://r/token?scope=repository%3Ax%3Apull: 401 Unauthorized',
  ],
  ['refused', 'any by Docker', 'denied: requested access to the resource is denied'],
  [
    'busy',
    'Docker Hub',
    'Error: GET https://r/v2/x/manifests/1: TOOMANYREQUESTS: You have reached your unauthenticated pull rate limit.',
  ],
  [
    'busy',
    'any by BuildKit',
    'failed to push r/x:1: unexpected status from PUT request to https://r/v2/x/blobs/uploads/1: 503 Service Unavailable',
  ],
  ['busy', 'Google', 'Error: PUT https://r/v2/x/blobs/uploads/1: TOOMANYREQUESTS: Quota exceeded for quota metric'],
  ['other', 'a disk of this machine', 'failed to export: write …: disk quota exceeded'],
  [
    'other',
    'a server that is none',
    'Error: POST https://r/v2/x/blobs/uploads/: unexpected status code 501 Not Implemented',
  ],
];

describe('what a registry answers', () => {
  it.each(answers)('means %s: %s', (problem, _, output) => expect(problemIn(output)).toBe(problem));

  const words = [
    'access-denied',
    'denied',
    'unauthorized',
    'quota',
    'immutable',
    'not-found',
    '404',
    '503',
    'eof',
    'x509',
  ];
  const all = answers.map(([problem, , output]) => [problem, output] as const);
  it.each(words)('means the same when the image is called %s', (word) => {
    const renamed = all.map(([problem, output]) => [
      problem,
      output
        .replaceAll('r/x', `${word}.example/${word}/${word}`)
        .replaceAll('r/v2/x/', `${word}.example:5000/v2/${word}/${word}/`)
        .replaceAll('/manifests/1', `/manifests/${word}`)
        .replaceAll("'x", `'${word}`),
    ]);
    expect(renamed.map(([, output = '']) => problemIn(output))).toEqual(renamed.map(([problem]) => problem));
  });

  it('is never only a name', () => {
    for (const word of words) expect(problemIn(`Error: cannot push r/${word}:${word}: something else`)).toBe('other');
  });
});
