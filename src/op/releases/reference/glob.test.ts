import { expect, test } from 'vitest';
import { compileGlob } from './glob.js';

const references = [
  '@/custom/credential/staging',
  '@/custom/x',
  '@/environment/prod',
  'h.io/o/r/-/a.release.ts/@/deploy/prod',
  'h.io/o/r/-/a.release.ts/@r1/task/build',
  'h.io/o/r/-/dir/b.release.ts/@/deploy/staging',
];
const matches = (pattern: string) => references.filter(compileGlob(pattern));

test.each([
  ['**', references],
  ['@/custom/*', ['@/custom/x']],
  ['@/custom/**', ['@/custom/credential/staging', '@/custom/x']],
  ['**/@/deploy/*', [references[3], references[5]]],
  ['**/@/{deploy,environment}/prod', [references[3]]],
  ['{**/@/deploy,@/environment}/prod', [references[2], references[3]]],
  ['[^@]*/**', references.slice(3)],
  ['[!@]**', references.slice(3)],
  ['@/custom/?', ['@/custom/x']],
  ['@/environment/[n-p]rod', ['@/environment/prod']],
  ['h.io/o/r/-/a.release.ts/@r*/**', [references[4]]],
  ['hxio/**', []],
  ['\\@/custom/x', ['@/custom/x']],
])('%s', (pattern, expected) => expect(matches(pattern)).toEqual(expected));

test.each(['{a', '[a', 'a\\', '*a'.repeat(13)])('%s is refused', (pattern) => {
  expect(() => compileGlob(pattern)).toThrow(expect.objectContaining({ kind: 'input' }));
});

test('a class never matches a slash', () => expect(compileGlob('a[^b]c')('a/c')).toBe(false));
