import { describe, expect, it } from 'vitest';
import { OpError } from '../../kit/errors/op-error.js';
import { formatReference } from '../../systems/registry/reference.js';
import { selectImages } from './build-result.js';
import { formatBuildResult, parseBuildResult } from './parse.js';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const inputs = 'fedcba9876543210'.repeat(4);

const read = (value: unknown) =>
  parseBuildResult('build_result.json', typeof value === 'string' ? value : JSON.stringify(value));
const pairs = (value: unknown) =>
  read(value).images.map(({ imageName, reference }) => [imageName, formatReference(reference)]);

function rejection(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof OpError) return `${error.exitCode} ${error.message}: ${error.why}`;
    throw error;
  }
  return 'not rejected';
}

/** The forms that Skaffold and earlier versions write. */
const forms: readonly (readonly [name: string, value: unknown, images: readonly (readonly [string, string])[]])[] = [
  [
    'A, Skaffold after a push',
    { builds: [{ imageName: 'app', tag: `reg.io/app:t@${digest}` }] },
    [['app', `reg.io/app:t@${digest}`]],
  ],
  ['B, Skaffold without a push', { builds: [{ imageName: 'app', tag: `app:${inputs}` }] }, [['app', `app:${inputs}`]]],
  [
    'B with a port',
    { builds: [{ imageName: 'app', tag: `localhost:5001/app:${inputs}` }] },
    [['app', `localhost:5001/app:${inputs}`]],
  ],
  [
    'C, without imageName',
    { builds: [{ tag: `reg.io/team/app:t@${digest}` }] },
    [['app', `reg.io/team/app:t@${digest}`]],
  ],
  [
    'D, references only',
    { builds: ['app:t', 'reg.io/base:u'] },
    [
      ['app', 'app:t'],
      ['base', 'reg.io/base:u'],
    ],
  ],
  ['E, one image at the top', { image: 'app', tag: 't' }, [['app', 'app:t']]],
  ['E with a whole reference', { image: 'myapp', tag: 'reg.io/r/myapp:v1' }, [['myapp', 'reg.io/r/myapp:v1']]],
  [
    'F, an entry twice',
    {
      builds: [
        { imageName: 'app', tag: 'r.io/app:t' },
        { imageName: 'app', tag: 'r.io/app:t' },
      ],
    },
    [['app', 'r.io/app:t']],
  ],
  [
    'G, a chart',
    { builds: [{ imageName: 'shop-chart', tag: `reg.io/shop-chart/shop:1.2.3@${digest}` }] },
    [['shop-chart', `reg.io/shop-chart/shop:1.2.3@${digest}`]],
  ],
  [
    "Skaffold's longest kind of name",
    { builds: [{ imageName: 'Registry.example.com:5000/Team/my_app-1', tag: 'reg.io/app:t' }] },
    [['Registry.example.com:5000/Team/my_app-1', 'reg.io/app:t']],
  ],
  [
    'a name for ko',
    { builds: [{ imageName: 'ko://example.com/cmd', tag: 'reg.io/cmd:t' }] },
    [['ko://example.com/cmd', 'reg.io/cmd:t']],
  ],
  ['a tag without the name', { builds: [{ imageName: 'app', tag: 'abc123' }] }, [['app', 'app:abc123']]],
  [
    'two images',
    {
      builds: [
        { imageName: 'base', tag: 'r.io/base:t' },
        { imageName: 'team/app', tag: 'r.io/team_app:t' },
      ],
    },
    [
      ['base', 'r.io/base:t'],
      ['team/app', 'r.io/team_app:t'],
    ],
  ],
];

const malformed: readonly (readonly [name: string, value: unknown, why: string])[] = [
  ['H, no image', { builds: [] }, 'lists no image'],
  ['what a failed Skaffold leaves', { builds: null }, 'builds must be a list'],
  ['no builds', {}, 'it must be an object with a list "builds"'],
  ['a list', [], 'it must be an object'],
  ['null', null, 'it must be an object'],
  ['half a file', '{"builds":[{"imageName":"app","ta', 'JSON'],
  ['an empty file', '', 'JSON'],
  ['a null tag', { builds: [{ imageName: 'app', tag: null }] }, 'builds[0]'],
  ['an entry without tag', { builds: [{ tag: 'a:b' }, { imageName: 'app' }] }, 'builds[1]'],
  [
    'an invalid digest',
    { builds: [{ imageName: 'app', tag: 'reg.io/app@sha256:latest' }] },
    'builds[0] "reg.io/app@sha256:latest" is not an image',
  ],
  ['a registry without image', { builds: [{ imageName: 'app', tag: 'ghcr.io/' }] }, 'empty part'],
  [
    'a name with a line break',
    { builds: [{ imageName: 'web\npublished 2 of 2', tag: 'reg.io/web:t' }] },
    'builds[0].imageName "web published 2 of 2" is not the name of an image',
  ],
  [
    'a name with a space',
    { builds: [{ tag: 'a:b' }, { imageName: 'we b', tag: 'a:b' }] },
    'builds[1].imageName "we b"',
  ],
  ['a name that starts like a flag', { builds: [{ imageName: '-web', tag: 'a:b' }] }, 'builds[0].imageName "-web"'],
  ['a name with a cursor movement', { builds: [{ imageName: 'a\u001b[1A', tag: 'a:b' }] }, 'imageName "a" is not'],
  ['a name with an invisible line separator', { builds: [{ imageName: 'a\u2028b', tag: 'a:b' }] }, 'imageName "a b"'],
  ['a name without end', { builds: [{ imageName: 'a'.repeat(256), tag: 'a:b' }] }, 'builds[0].imageName "aaa'],
  ['an old file with such a name', { image: 'a\nb', tag: 't' }, 'builds[0].imageName "a b"'],
  ['a number', { builds: [7] }, 'builds[0] must be an object'],
];

describe('build_result.json', () => {
  it.each(forms)('is read in form %s', (_, value, images) => expect(pairs(value)).toEqual(images));

  it.each(malformed)('is rejected when it is %s', (_, value, why) => {
    const said = rejection(() => read(value));
    expect(said).toContain('3 build_result.json is not a build result: ');
    expect(said).toContain(why);
  });

  it('is written on one line as Skaffold does, and reads back unchanged', () => {
    const text = formatBuildResult(read({ builds: [{ tag: `reg.io/app:t@${digest}` }] }).images);
    expect(text).toBe(`{"builds":[{"imageName":"app","tag":"reg.io/app:t@${digest}"}]}\n`);
    expect(pairs(text)).toEqual([['app', `reg.io/app:t@${digest}`]]);
  });
});

describe('an image of a build result', () => {
  const result = read({ builds: ['r.io/base:t', 'r.io/app:t', 'r.io/app:u', 'r.io/team/web:t'] });

  it('is found by its name', () => {
    expect(selectImages(result, 'base')).toEqual([result.images[0]]);
    expect(selectImages(result, undefined)).toHaveLength(4);
  });

  it('is not found by part of its name, and the error lists the names', () => {
    expect(rejection(() => selectImages(result, 'bas'))).toContain('it lists base, app, web');
  });

  it('is rejected when the name stands for different images', () => {
    expect(rejection(() => selectImages(result, 'app'))).toContain('they are r.io/app:t and r.io/app:u');
  });
});
