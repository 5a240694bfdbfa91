import { describe, expect, it } from 'vitest';
import { OpError } from '../../kit/errors/op-error.js';
import { parseMirror } from '../mirror-file/read.js';
import { readImport } from './import.js';
import { problemLines } from './say.js';

const run = (content: string) => {
  const { text, imported } = readImport('sync.yaml', content, { to: 'r.test/mirror/{path}', partial: false });
  return {
    text,
    mirror: parseMirror('mirror.yaml', text, '/'),
    warnings: problemLines('sync.yaml', imported.warnings).split('\n'),
  };
};
const refusalOf = (content: string): string => {
  try {
    run(content);
    return '';
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    expect(error.kind).toBe('input');
    return error.why;
  }
};
const digest = `sha256:${'b'.repeat(64)}`;

describe('a file of skopeo sync', () => {
  it('becomes a mirror file with the line of each of its images', () => {
    const content = `docker.io:
  images:
    # without tags: all of them
    acme/tools: []
    acme/web:
      - 1.20
      - "v2" # pinned by the shop
      - ${digest}
  images-by-tag-regex:
    alpine: ^3\\.[12][0-9]$
  images-by-semver:
    acme/api: ">= v1.4, < 3"
registry.old.test:5000:
  tls-verify: false
  credentials:
    username: ann
    password: hunter2
  cert-dir: /etc/certs
  image:
    lost: [v1]
  images:
    acme/db:
`;
    const { text, warnings } = run(content);
    expect(text).toBe(`# From sync.yaml

version: 1
defaults:
  to: r.test/mirror/{path}
registries:
  # sync.yaml:14
  - host: registry.old.test:5000
    insecure: true
sources:
  # sync.yaml:4
  - from: docker.io/acme/tools
    tags:
      regex: .*
  # sync.yaml:5
  - from: docker.io/acme/web
    tags:
      exact:
        - '1.20' # line 6
        - v2 # line 7
    digests:
      - ${digest} # line 8
  # sync.yaml:10
  - from: docker.io/alpine
    tags:
      regex: 3\\.[12][0-9]
  # sync.yaml:12
  - from: docker.io/acme/api
    tags:
      semver: '>=1.4.0 <3.0.0'
  # sync.yaml:22
  - from: registry.old.test:5000/acme/db
    tags:
      regex: .*
`);
    expect(warnings).toEqual([
      'sync.yaml:15: registry.old.test:5000.credentials is not taken over: log in with crane or docker, or set dockerconfig of the registry',
      'sync.yaml:18: registry.old.test:5000.cert-dir is not taken over: name the file of its certificates as ca of the registry',
      'sync.yaml:19: registry.old.test:5000.image is unknown; skopeo ignores it, too',
    ]);
    expect(text + warnings.join('')).not.toContain('hunter2');
  });

  it('is refused with every line that skopeo would leave out, or that cannot be the same', () => {
    const content = `quay.test:
  images:
    acme/web: [v1, 'not a tag', 'sha512:00', '']
    acme/web:v1: [v2]
    Acme/web: [v1]
  images-by-tag-regex:
    acme/api: '(?!rc).*'
    acme/db: '[[:alfa:]]'
  images-by-semver:
    acme/ui: newest
    acme/cli: '>=1.0.0-rc.1 || >=2'
`;
    const expected = [
      '3: quay.test.images.acme/web[1] is neither a tag nor a digest with sha256',
      '3: quay.test.images.acme/web[2] is neither',
      '3: quay.test.images.acme/web[3] is neither',
      '4: quay.test.images.acme/web:v1 names one image',
      '5: quay.test.images.Acme/web is not an image',
      '7: quay.test.images-by-tag-regex.acme/api is a regular expression that cannot be taken over: it is not valid in Go',
      '8: quay.test.images-by-tag-regex.acme/db is a regular expression that cannot be taken over: it is not valid in Go',
      '10: quay.test.images-by-semver.acme/ui cannot be taken over: "newest" is not a range',
      '11: quay.test.images-by-semver.acme/cli cannot be taken over: pre-releases count in one of its alternatives',
    ];
    expect(refusalOf(content).split('\n')).toEqual(
      expected.map((line) => expect.stringContaining(`sync.yaml:${line}`)),
    );
  });

  it.each([
    ['images that are a list', 'a.test:\n  images: [web]\n', 'a.test.images must not be a list'],
    [
      'an expression that is a list',
      'a.test:\n  images-by-tag-regex: { web: [v1] }\n',
      'a.test.images-by-tag-regex.web must be a text',
    ],
  ])('is refused with %s', (_, content, why) => expect(refusalOf(content)).toContain(why));
});
