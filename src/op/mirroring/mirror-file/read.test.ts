import { describe, expect, it } from 'vitest';
import { OpError } from '../../kit/errors/op-error.js';
import { parseMirror } from './read.js';

const problemsOf = (content: string): string => {
  try {
    parseMirror('mirror.yaml', content, '/site');
    return '';
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    expect(error.kind).toBe('input');
    return error.why;
  }
};

const whole = `version: 1
defaults:
  to: registry.site.test/mirror/{path}
  immutableTags: ['v\\d+\\.\\d+\\.\\d+']
run: { parallel: 3, retries: 2, timeout: 5m }
limits: { newImages: 40, bytes: 1.5GiB }
registries:
  - { host: Registry.Site.test, dockerconfig: secrets/site, ca: site.pem }
  - { host: localhost:5000, insecure: true }
sources:
  - from: quay.io/acme/web
    tags: { regex: '(?<version>v.*)-alpine', extract: $version, semver: '>=1.4 <2', newest: 3 }
  - from: docker.io/library/redis:7.4@sha256:${'a'.repeat(64)}
    to: registry.site.test/base/redis:{tag}-site
    drift: fail
`;

describe('a mirror file', () => {
  it('is read with its defaults, and paths start at its directory', () => {
    const mirror = parseMirror('mirror.yaml', whole, '/site');
    expect(mirror).toMatchObject({ parallel: 3, retries: 2, timeout: 300_000 });
    expect(mirror.limits).toEqual({ newImages: 40, bytes: 1_610_612_736 });
    expect(mirror.registries[0]).toEqual({
      host: 'registry.site.test',
      dockerconfig: '/site/secrets/site',
      ca: '/site/site.pem',
      insecure: false,
    });
    expect(mirror.sources.map(({ to, drift }) => [to, drift])).toEqual([
      ['registry.site.test/mirror/{path}', 'overwrite'],
      ['registry.site.test/base/redis:{tag}-site', 'fail'],
    ]);
  });

  it('has a name, which is that of the file unless it says another', () => {
    const nameOf = (file: string, more = '') =>
      parseMirror(file, `version: 1\n${more}sources: [{ from: a/b:v1, to: a.test/b }]\n`, '/site').name;
    expect(nameOf('mirror.yaml')).toBe('mirror');
    expect(nameOf('../conf/Site_A.v2.yaml')).toBe('site-a-v2');
    expect(nameOf('.yaml')).toBe('yaml');
    expect(nameOf('---.yml')).toBe('mirror');
    expect(nameOf(`${'long.'.repeat(13)}yaml`)).toHaveLength(63);
    expect(nameOf('mirror.yaml', 'name: night-9\n')).toBe('night-9');
  });

  it('remembers 30 runs unless it says another number', () => {
    const source = 'sources: [{ from: a/b:v1, to: a.test/b }]\n';
    expect(parseMirror('mirror.yaml', `version: 1\n${source}`, '/').history).toBe(30);
    expect(parseMirror('mirror.yaml', `version: 1\nrun: { history: 2 }\n${source}`, '/').history).toBe(2);
  });

  it('says what is copied of all that refers to an image, for all sources or for one', () => {
    const text = `version: 1
defaults: { to: 'a.test/{path}', referrers: { copy: all, required: [.sig, application/x.bundle+json] } }
sources: [{ from: a/b:v1 }, { from: a/c:v1, referrers: { copy: [.sig] } }, { from: a/d:v1, referrers: { copy: none } }]
`;
    expect(parseMirror('mirror.yaml', text, '/site').sources.map(({ referrers }) => referrers)).toEqual([
      { copy: 'all', required: ['.sig', 'application/x.bundle+json'] },
      { copy: ['.sig'], required: [] },
      undefined,
    ]);
  });

  it('has charts of HTTP Helm repositories, each of which is a source of its own', () => {
    const text = `version: 1
defaults: { to: 'a.test/{registry}/{path}', platforms: { keep: [linux/amd64], as: child }, referrers: { copy: all } }
sources:
  - from: { helm: 'https://charts.test:8443/Repo__A/x.y/', charts: [web, api, web] }
    tags: { semver: '>=1', exact: [1.0.0+build.5] }
  - from: { helm: 'http://chartmuseum?token=1', charts: [web], provenance: required }
    tags: { regex: '.*' }
  - from: { helm: https://charts.test/stable, charts: all }
    tags: { semver: '>=1' }
`;
    const charts = parseMirror('mirror.yaml', text, '/site').sources;
    expect(charts.map(({ from, chart }) => [from, chart?.name, chart?.provenance])).toEqual([
      ['charts.test:8443/repo__a/x.y/web', 'web', undefined],
      ['charts.test:8443/repo__a/x.y/api', 'api', undefined],
      ['chartmuseum:80/web', 'web', 'required'],
      ['charts.test/stable/*', undefined, undefined],
    ]);
    // What defaults says of images is not for them.
    expect(charts[0]).toMatchObject({ platforms: undefined, referrers: undefined, to: 'a.test/{registry}/{path}' });
  });

  it('is told what is wrong with charts', () => {
    const wrong = `version: 1
defaults: { to: 'a.test/{path}' }
sources:
  - from: { helm: 'oci://charts.test/a', charts: [web] }
    tags: { regex: '.*' }
  - from: { helm: 'https://ann:secret@charts.test', charts: [Web, ../web, 'web:1', ok] }
    tags: { regex: '.*' }
  - from: { helm: https://charts.test, charts: [], versions: 1 }
  - from: { helm: https://charts.test, charts: [web] }
    digests: ['sha256:${'a'.repeat(64)}']
    referrers: { copy: all }
  - from: { helm: https://charts.test, charts: [web], provenance: maybe }
    tags: { exact: ['1.0.0@sha256:${'a'.repeat(64)}'] }
  - from: { helm: https://charts.test, charts: every }
    tags: { regex: '.*' }
  - from: { helm: https://charts.test, charts: all }
    tags: { exact: [1.0.0] }
  - from: quay.io/acme/web
    tags: { exact: [1.0.0+5] }
  - from: [quay.io/acme/web]
  - to: a.test/x
`;
    const name = 'must be the name of a chart, of small letters, digits, "-", "_" and ".": registries take no others';
    expect(problemsOf(wrong).split('\n')).toEqual([
      'mirror.yaml:4: sources[0].from.helm must be an http or https URL, such as https://charts.example.com/stable',
      'mirror.yaml:6: sources[1].from.helm has a user or a password: these belong in dockerconfig of registries',
      `mirror.yaml:6: sources[1].from.charts[0] ${name}`,
      `mirror.yaml:6: sources[1].from.charts[1] ${name}`,
      `mirror.yaml:6: sources[1].from.charts[2] ${name}`,
      'mirror.yaml:8: sources[2].from.charts must not be empty',
      'mirror.yaml:8: sources[2].from.versions is unknown',
      'mirror.yaml:9: sources[3].from selects no version: add tags',
      'mirror.yaml:10: sources[3].digests is for images, and a chart has none',
      'mirror.yaml:11: sources[3].referrers is for images, and a chart has none',
      'mirror.yaml:12: sources[4].from.provenance must be required',
      'mirror.yaml:14: sources[5].from.charts must be a list of names, or all',
      'mirror.yaml:17: sources[6].tags has exact, and not all charts have the same versions: give regex, semver or newest',
      'mirror.yaml:19: sources[7].tags has a plus in exact, which no tag of an image has',
      'mirror.yaml:20: sources[8].from must be a string',
      'mirror.yaml:21: sources[9].from is missing',
    ]);
  });

  it('is reported with all of its problems, each with line and path', () => {
    const wrong = `version: 2
defaults: { drift: ignore }
run:
  parallel: many
  timeout: soon
limits: { bytes: 20 gigs }
registries:
  - { host: registry.site.test/path }
sources:
  - from: quay.io/acme/web
    to: registry.site.test/x
    tags:
      regex: 'v(1'
      semver: newer than 1
      colour: red
  - from: quay.io/acme/api
  - from: quay.io/acme/Web:v1
    to: registry.site.test/{where}
  - from: quay.io/acme/db
    to: registry.site.test/db
    tags: { newest: 2 }
  - from: quay.io/acme/ui
    to: registry.site.test/ui
    tags: { exact: [v1, 1.20] }
`;
    expect(problemsOf(wrong).split('\n')).toEqual([
      'mirror.yaml:1: version must be 1',
      'mirror.yaml:2: defaults.drift must be one of overwrite, keep, fail',
      'mirror.yaml:4: run.parallel must be a number',
      'mirror.yaml:5: run.timeout must be a duration such as 90s, 10m or 1h30m, more than 0',
      'mirror.yaml:6: limits.bytes must be bytes, such as 500MB, 20GB or 1.5GiB',
      'mirror.yaml:8: registries[0].host must be HOST[:PORT]',
      'mirror.yaml:13: sources[0].tags.regex is not a regular expression: /v(1/: Unterminated group',
      'mirror.yaml:14: sources[0].tags.semver is not a range of versions; write, for example, ">=1.4 <2", "^3.1" or "1.x || 2.x"',
      'mirror.yaml:15: sources[0].tags.colour is unknown',
      'mirror.yaml:16: sources[1].from selects no image: add :TAG or @DIGEST, tags, or digests',
      expect.stringMatching(/^mirror\.yaml:17: sources\[2\]\.from is not an image: .*capital letters/u),
      'mirror.yaml:18: sources[2].to names {where}, and there are only {registry}, {path}, {name}, {tag}',
      'mirror.yaml:21: sources[3].tags.newest needs sort: semver, numerical, alphabetical',
      'mirror.yaml:24: sources[4].tags.exact[1] must be a string; quote a tag that looks like a number',
    ]);
  });

  it.each([
    [
      'a source without a destination',
      'sources: [{ from: a/b:v1 }]',
      'sources[0].to is missing, and defaults has no to',
    ],
    [
      'a name that is none',
      'name: Site/A\nsources: [{ from: a/b:v1, to: a.test/b }]',
      'name must be at most 63 of a-z',
    ],
    ['an empty list', 'sources: []', 'sources must not be empty'],
    ['no sources', '', 'sources is missing'],
    [
      'a registry that is there twice',
      'registries: [{ host: a.test }, { host: a.test }]\nsources: [{ from: a/b:v1, to: a.test/b }]',
      'registries[1].host is there twice: a.test',
    ],
    [
      'a destination with a digest',
      `sources: [{ from: a/b:v1, to: 'a.test/b@sha256:0' }]`,
      'sources[0].to has a digest',
    ],
    ['a destination without a registry', 'sources: [{ from: a/b:v1, to: "{path}" }]', 'must start with the registry'],
    [
      'a group that is not there',
      'sources: [{ from: a/b, to: a.test/b, tags: { regex: "v(.*)", extract: $2 } }]',
      'the group $2',
    ],
    ['a tag and a selection', 'sources: [{ from: a/b:v1, to: a.test/b, tags: { regex: .* } }]', 'names one image'],
    [
      'a key that is there twice',
      'sources: [{ from: a/b:v1, from: a/c:v1 }]',
      'it is not valid YAML: map keys must be unique',
    ],
    [
      'a kind of referrer that is none',
      'sources: [{ from: a/b:v1, to: a.test/b, referrers: { copy: [signature] } }]',
      'sources[0].referrers.copy[0] must be an artifact type such as application/vnd.cncf.notary.signature, or .sig',
    ],
    [
      'an empty list of referrers',
      'sources: [{ from: a/b:v1, to: a.test/b, referrers: { copy: [] } }]',
      'sources[0].referrers.copy must not be empty',
    ],
    [
      'another word for which referrers',
      'sources: [{ from: a/b:v1, to: a.test/b, referrers: { copy: true } }]',
      'sources[0].referrers.copy must be all, none, or a list of artifact types',
    ],
    [
      'a referrer that is required and not copied',
      'sources: [{ from: a/b:v1, to: a.test/b, referrers: { copy: [.att], required: [.att, .sig] } }]',
      'sources[0].referrers.required names what is not copied: .sig',
    ],
    ['a tab', 'sources:\n\t- from: a/b', 'it is not valid YAML: tabs are not allowed as indentation'],
    ['two documents', 'sources: []\n---\nversion: 1', 'holds several documents'],
    ['no object', '- version', 'it must be an object, not a list'],
  ])('is refused with %s', (_, content, problem) => {
    expect(problemsOf(content.startsWith('-') ? content : `version: 1\n${content}`)).toContain(problem);
  });
});
