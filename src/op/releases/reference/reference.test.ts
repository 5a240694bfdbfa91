import { describe, expect, test } from 'vitest';
import { formatReference, packageOf, parseReference, releaseNumber, repoOfUrl, valueAt } from './reference.js';

const base = { repo: 'h.io/org/shop', path: 'app/shop.release.ts', release: 'r7' };
const absolute = (text: string) => formatReference(parseReference(text, base));

describe('each form of a reference', () => {
  test.each([
    ['./task/build#output/x', 'h.io/org/shop/-/app/shop.release.ts/@r7/task/build#output/x'],
    ['./call/build', 'h.io/org/shop/-/app/shop.release.ts/@r7/task/build'],
    ['./custom/approval', 'h.io/org/shop/-/app/shop.release.ts/@r7/custom/approval'],
    ['./@/deploy/prod#output/x', 'h.io/org/shop/-/app/shop.release.ts/@/deploy/prod#output/x'],
    ['./@r3/deploy/prod', 'h.io/org/shop/-/app/shop.release.ts/@r3/deploy/prod'],
    ['./@v1.2/deploy/prod', 'h.io/org/shop/-/app/shop.release.ts/@v1.2/deploy/prod'],
    ['./-/other/pkg.ocu.star/@/deploy/prod#a/b', 'h.io/org/shop/-/other/pkg.ocu.star/@/deploy/prod#a/b'],
    ['//other/pkg.release.ts/@/deploy/prod', 'h.io/org/shop/-/other/pkg.release.ts/@/deploy/prod'],
    ['//other/pkg.release.ts/@', 'h.io/org/shop/-/other/pkg.release.ts/@'],
    ['gh.io/a/b/-/pkg.release.ts/@/task/x', 'gh.io/a/b/-/pkg.release.ts/@/task/x'],
    ['alias/-/pkg.release.ts/@r1/task/x/2', 'alias/-/pkg.release.ts/@r1/task/x/2'],
    ['@/environment/prod', '@/environment/prod'],
    ['@/custom/credential/staging/', '@/custom/credential/staging'],
    ['@/environment/prod#attributes/type/', '@/environment/prod#attributes/type'],
    ['pkg.release.ts', 'h.io/org/shop/-/pkg.release.ts'],
    ['dir/pkg.release.ts/@r2', 'h.io/org/shop/-/dir/pkg.release.ts/@r2'],
    ['repo.ocu.star/@0a1b2c/push/index', 'h.io/org/shop/-/repo.ocu.star/@0a1b2c/push/index'],
  ])('%s', (text, expected) => {
    expect(absolute(text)).toBe(expected);
    expect(absolute(expected)).toBe(expected);
  });

  test('is read into its parts', () => {
    const read = parseReference('./@r3/deploy/prod#output/url', base);
    expect(read).toEqual({
      repo: base.repo,
      path: base.path,
      release: 'r3',
      type: 'deploy',
      subpath: 'prod',
      fragment: ['output', 'url'],
    });
    expect(packageOf(read)).toBe('h.io/org/shop/-/app/shop.release.ts');
  });
});

test.each([
  ['./nonsense/build', '"nonsense" is none of deploy, task'],
  ['./custom/a=b', 'cannot have "="'],
  ['./@r1/task/@r2', 'it has a second release'],
  ['pkg.release.ts@r1/task/x', 'follows a slash'],
  ['./task/../../x', '"." or ".."'],
  ['//../x/@', '"." or ".."'],
  ['', 'it names nothing'],
  ['a b', 'white space'],
  ['/-/x/@', 'the repository before /-/ is empty'],
])('%s is refused', (text, why) => {
  expect(() => parseReference(text, base)).toThrow(expect.objectContaining({ kind: 'input' }));
  try {
    parseReference(text, base);
  } catch (error) {
    expect(error).toMatchObject({ why: expect.stringContaining(why) });
  }
});

test('a relative reference needs a place to start from', () => {
  expect(() => parseReference('./task/build')).toThrow('is not a reference');
  expect(formatReference(parseReference('@/custom/x'))).toBe('@/custom/x');
});

test.each([
  ['git@host.io:a/b.git', 'host.io/a/b'],
  ['https://host.io/a/b.git', 'host.io/a/b'],
  ['https://ann@host.io/a/b', 'host.io/a/b'],
  ['ssh://git@host.io:22/a/b.git/', 'host.io:22/a/b'],
  ['/srv/git/shop.git', 'srv/git/shop'],
])('the repository of %s', (url, expected) => expect(repoOfUrl(url)).toBe(expected));

test('releases are numbers, not texts', () => {
  expect(['r9', 'r10', 'v1', 'r0', '', undefined].map(releaseNumber)).toEqual([
    9,
    10,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('a fragment goes through objects, and neither through lists nor through what objects inherit', () => {
  const body = { output: { image: 'x', list: ['a'] } };
  expect(valueAt(body, ['output', 'image'])).toBe('x');
  expect(valueAt(body, [])).toBe(body);
  expect(valueAt(body, ['output', 'list', '0'])).toBeUndefined();
  expect(valueAt(body, ['output', 'toString'])).toBeUndefined();
});
