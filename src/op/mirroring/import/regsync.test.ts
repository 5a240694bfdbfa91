import { describe, expect, it } from 'vitest';
import { OpError } from '../../kit/errors/op-error.js';
import { parseMirror } from '../mirror-file/read.js';
import { readImport } from './import.js';
import { problemLines } from './say.js';

const run = (content: string, partial = false) => {
  const { text, imported } = readImport('regsync.yaml', content, { partial });
  return {
    text,
    mirror: parseMirror('mirror.yaml', text, '/'),
    warnings: problemLines('regsync.yaml', imported.warnings).split('\n'),
  };
};
const sourcesOf = (steps: string) => {
  const { mirror } = run(`version: 1\nsync:\n${steps}`);
  return mirror.sources.map(({ at: _, digests: __, drift: ___, immutableTags: ____, ...source }) => source);
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
const digest = `sha256:${'a'.repeat(64)}`;

describe('a file of regsync', () => {
  it('becomes a mirror file with the line of each of its steps', () => {
    const content = `# made by a script
version: 1
creds:
  - registry: docker.io
    user: '{{ env "HUB_USER" }}'
    pass: '{{ env "HUB_TOKEN" }}'
  - registry: registry.site.test:5000
    tls: disabled
defaults:
  parallel: 4
  interval: 60m
  userAgent: nightly
x-hub: &hub
  type: image
sync:
  - source: acme/web:1.0
    target: registry.site.test:5000/hub/web:1.0
    <<: *hub
  - source: acme/web:1.1
    target: registry.site.test:5000/hub/web:1.1
    <<: *hub
  - source: alpine
    target: acme/alpine
    type: repository
    tags: { allow: [latest, '3', '3\\.\\d+'] }
`;
    const { text, warnings } = run(content);
    expect(text).toBe(`# From regsync.yaml

version: 1
run:
  parallel: 4
registries:
  # regsync.yaml:8
  - host: registry.site.test:5000
    insecure: true
sources:
  # regsync.yaml:16
  - from: acme/web
    to: registry.site.test:5000/hub/web
    tags:
      exact:
        - '1.0' # line 16
        - '1.1' # line 19
  # regsync.yaml:22
  - from: alpine
    to: docker.io/acme/alpine
    tags:
      regex: latest|3|3\\.\\d+
`);
    expect(warnings).toEqual([
      'regsync.yaml:5: creds[0].user is not taken over: log in with crane or docker, or set dockerconfig of the registry',
      'regsync.yaml:11: defaults.interval is not taken over: a schedule starts op mirror run',
      'regsync.yaml:12: defaults.userAgent is not needed: it does not change what is copied',
    ]);
  });

  it.each<[string, string, object]>([
    [
      'an image without a tag is latest',
      '  - { source: busybox, target: r.test/busybox, type: image }',
      { from: 'busybox:latest', to: 'r.test/busybox' },
    ],
    [
      'a target without a tag is latest',
      '  - { source: "busybox:1.0", target: r.test/busybox, type: image }',
      { from: 'busybox:1.0', to: 'r.test/busybox:latest' },
    ],
    [
      'an image can be renamed',
      '  - { source: "busybox:1.0", target: "r.test/bb:stable", type: image }',
      { from: 'busybox:1.0', to: 'r.test/bb:stable' },
    ],
    [
      'a digest gets the tag of the target',
      `  - { source: "busybox:1.0@${digest}", target: "r.test/bb:stable", type: image }`,
      { from: `busybox:stable@${digest}`, to: 'r.test/bb' },
    ],
    [
      'a digest on both sides has no tag',
      `  - { source: "busybox@${digest}", target: "r.test/bb@${digest}", type: image }`,
      { from: `busybox@${digest}`, to: 'r.test/bb' },
    ],
    [
      'a repository without filters is all of its tags',
      '  - { source: a.test/x, target: r.test/x, type: repository }',
      { from: 'a.test/x', tags: { regex: '.*' } },
    ],
    [
      'what is denied is left out of all tags',
      '  - { source: a.test/x, target: r.test/x, type: repository, tags: { deny: [".*-rc\\\\d+", nightly] } }',
      { tags: { regex: '.*', exclude: '.*-rc\\d+|nightly' } },
    ],
    [
      'a range takes pre-releases',
      '  - { source: a.test/x, target: r.test/x, type: repository, tags: { semverRange: [">=1.2 <2", "^4"] } }',
      { tags: { semver: '>=1.2.0 <2.0.0 || >=4.0.0 <5.0.0', prereleases: true } },
    ],
    [
      'a range, and what is allowed of it',
      '  - { source: a.test/x, target: r.test/x, type: repository, tags: { semverRange: [">=1"], allow: [".*-alpine"] } }',
      { tags: { regex: '.*-alpine', semver: '>=1.0.0', prereleases: true } },
    ],
    [
      'an alternative at the ends is loose, as regsync reads it',
      '  - { source: a.test/x, target: r.test/x, type: repository, tags: { allow: ["v1|v2|v3"] } }',
      { tags: { regex: 'v1.*|.*v2.*|.*v3' } },
    ],
    [
      'one platform is its image',
      '  - { source: "a.test/x:v1", target: "r.test/x:v1", type: image, platform: linux/arm64 }',
      { platforms: { keep: ['linux/arm64'], as: 'child' } },
    ],
    [
      'some platforms are a sparse index',
      '  - { source: "a.test/x:v1", target: "r.test/x:v1", type: image, platforms: [linux/amd64, linux/arm/v7] }',
      { platforms: { keep: ['linux/amd64', 'linux/arm/v7'], as: 'sparse' } },
    ],
  ])('%s', (_, steps, expected) => expect(sourcesOf(steps)).toEqual([expect.objectContaining(expected)]));

  it('reads several sets of filters as several sources', () => {
    const steps =
      '  - source: a.test/x\n    target: r.test/x\n    type: repository\n    tags: { allow: [latest] }\n    tagSets: [{ allow: ["v1.*"], deny: [".*-rc"] }, { semverRange: [">=2"] }]\n';
    expect(sourcesOf(steps).map(({ tags }) => tags)).toEqual([
      { regex: 'v1.*', exclude: '.*-rc' },
      { semver: '>=2.0.0', prereleases: true },
      { regex: 'latest' },
    ]);
  });

  it('is refused with every line that would copy something else', () => {
    const content = `version: 1
creds:
  - { registry: docker.io, hostname: mirror.site.test }
defaults:
  referrerSource: a.test/signatures
  backup: 'old-{{ .Ref.Tag }}'
x-all: &all
  target: 'r.test/{{ .Sync.Source }}'
sync:
  - source: 'a.test/{{ env "NAME" }}:v1'
    target: r.test/a:v1
    type: image
    referrers: false
    backup: ''
  - { source: a.test, target: r.test, type: registry }
  - source: a.test/c
    <<: *all
    type: repository
    referrers: true
    referrerFilters: [{ annotations: { a: b } }]
    includeExternal: true
    mediaTypes: [application/vnd.oci.image.manifest.v1+json]
    platforms: ['', Linux]
    tags: { allow: ['(?=v)1', 'v1('], semverRange: ['>=1.0.0-rc1', 'newest'], deny: [3.1, 3.10] }
  - { source: 'ocidir:///var/images:v1', target: 'r.test/d:v1', type: image }
  - { source: 'a.test/UPPER:v1', target: 'r.test/e:v1', type: image }
  - { source: 'a.test/f:v1', type: image }
  - { source: 'a.test/g:v1', target: 'r.test/g:v1', type: picture }
  - { source: 'a.test/h:v1', target: 'r.test/h@${digest}', type: image }
  - { source: 'a.test/i:v1', target: 'r.test/i', type: repository }
`;
    const lines = refusalOf(content).split('\n');
    const expected = [
      '3: creds[0].hostname has regsync ask another host than the name of the images',
      '5: defaults.referrerSource keeps referrers in another place',
      '6: defaults.backup keeps a copy of what is overwritten',
      '8: sync[2].target is a template',
      '10: sync[0].source is a template',
      '15: sync[1].type is registry, which asks for the list of all repositories',
      '20: sync[2].referrerFilters chooses by something else than artifactType',
      '21: sync[2].includeExternal copies layers',
      '22: sync[2].mediaTypes leaves out images by their media type',
      '23: sync[2].platforms[0] is empty',
      '23: sync[2].platforms[1] is not OS/ARCHITECTURE',
      '24: sync[2].tags.allow[0] is a regular expression that cannot be taken over: it is not valid in Go: it has no lookahead',
      '24: sync[2].tags.allow[1] is a regular expression that cannot be taken over: it is not valid in Go: it lacks a )',
      '24: sync[2].tags.deny[1] is the number 3.1 for regsync; put what you mean in quotes',
      '24: sync[2].tags.semverRange ">=1.0.0-rc1" has a pre-release',
      '25: sync[3].source is a directory',
      '26: sync[4].source is not an image: "UPPER" has capital letters',
      '27: sync[5].target is missing',
      '28: sync[6].type must be one of image, repository, registry',
      '29: sync[7].target has a digest that is not that of the source',
      '30: sync[8].source names one image, and type is repository',
    ];
    expect(lines).toEqual(expected.map((line) => expect.stringContaining(`regsync.yaml:${line}`)));
  });

  it.each<[string, object]>([
    ['referrers: true', { copy: 'all' }],
    ['digestTags: true', { copy: ['.sig', '.att', '.sbom'] }],
    ['referrers: true, digestTags: true', { copy: 'all' }],
    [
      'referrers: true, referrerFilters: [{ artifactType: application/spdx+json }]',
      { copy: ['application/spdx+json'] },
    ],
    [
      'referrers: true, digestTags: yes, referrerFilters: [{ artifactType: application/spdx+json }]',
      { copy: ['application/spdx+json', '.sig', '.att', '.sbom'] },
    ],
    ['referrerFilters: [{ artifactType: application/spdx+json }]', {}],
  ])('takes over what refers to images: %s', (fields, expected) => {
    const [source] = sourcesOf(`  - { source: "a.test/x:v1", target: "r.test/x:v1", type: image, ${fields} }`);
    expect(source?.referrers).toEqual('copy' in expected ? { ...expected, required: [] } : undefined);
    const byDefault = run(
      `defaults: { ${fields} }\nsync:\n  - { source: "a.test/x:v1", target: "r.test/x:v1", type: image }\n  - { source: "a.test/y:v1", target: "r.test/y:v1", type: image, referrers: false, digestTags: false }\n`,
    ).mirror.sources;
    expect(byDefault.map(({ referrers }) => referrers)).toEqual([source?.referrers, undefined]);
  });

  it('warns where op does not do quite the same', () => {
    const { warnings } = run(
      'sync:\n  - { source: a.test/a, target: r.test/a, type: repository, platforms: [linux/amd64], tagSets: [{ semverRange: [">=1"] }] }\n',
    );
    expect(warnings).toEqual([
      'regsync.yaml:2: sync[0].tags has a range: regsync also takes tags such as 1.2.3.4 and 1.2-x_y, which op takes for no versions',
      'regsync.yaml:2: sync[0].platforms brings the attestations of these images, too, which regsync leaves out',
    ]);
  });

  it('can be imported without what is refused, which is said', () => {
    const { mirror, warnings } = run(
      'sync:\n  - { source: "a.test/a:v1", target: "r.test/a:v1", type: image }\n  - { source: "a.test/b:v1", target: "r.test/b:v1", type: image, backup: old }\n',
      true,
    );
    expect(mirror.sources.map(({ from }) => from)).toEqual(['a.test/a:v1']);
    expect(warnings).toEqual([expect.stringContaining('regsync.yaml:3: sync[1].backup is left out: it keeps a copy')]);
  });

  it('can be imported without a setting for all steps that is refused: the steps stay', () => {
    const { mirror, warnings } = run(
      'defaults: { backup: old }\nsync:\n  - { source: "a.test/a:v1", target: "r.test/a:v1", type: image }\n',
      true,
    );
    expect(mirror.sources.map(({ from }) => from)).toEqual(['a.test/a:v1']);
    expect(warnings).toEqual([expect.stringContaining('regsync.yaml:1: defaults.backup is left out: it keeps a copy')]);
  });

  it.each([
    [
      'two images for one place',
      'sync:\n  - { source: "a.test/a:v1", target: "r.test/x:v1", type: image }\n  - { source: "a.test/b:v1", target: "r.test/x:v1", type: image }\n',
      'regsync.yaml:3: a.test/b:v1 would be r.test/x:v1, and so would a.test/a:v1 of line 2',
    ],
    ['a version that is not known', 'version: 2\nsync: []\n', 'regsync.yaml:1: version must be 1'],
    ['no steps', 'sync: []\n', 'it names no images'],
    ['a list that is none', 'sync: { a: b }\n', 'regsync.yaml:1: sync must be a list'],
  ])('is refused with %s', (_, content, why) => expect(refusalOf(content)).toContain(why));

  it('warns of what regsync ignores, too, and of what has no effect', () => {
    const { warnings } = run(
      'sync:\n  - { source: "a.test/a:v1", target: "r.test/a:v1", type: image, tags: { allow: [v2] }, tag: v3, hooks: { pre: { type: x } }, forceRecursive: true }\n',
    );
    expect(warnings).toEqual(
      [
        'tag is unknown; regsync ignores it, too',
        'hooks is not taken over: regsync reads hooks and runs none',
        'forceRecursive is not taken over: --deep does the same',
        'tags has no effect on one image, in regsync either',
      ].map((what) => `regsync.yaml:2: sync[0].${what}`),
    );
  });
});
