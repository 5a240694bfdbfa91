import { expect, it } from 'vitest';
import { csv, importedCache } from './flag-values.js';

it('quotes a value that would be read as another field', () => {
  expect(
    csv([
      ['type', 'oci'],
      ['tar', 'false'],
      ['dest', '/a b=c'],
    ]),
  ).toBe('type=oci,tar=false,dest=/a b=c');
  expect(
    csv([
      ['dest', '/a,push=true'],
      ['id', 'say "x"'],
    ]),
  ).toBe('"dest=/a,push=true","id=say ""x"""');
  expect(csv([['src', 'a\nb']])).toBe('"src=a\nb"');
});

const build = { output: { layout: '/layout' } } as Parameters<typeof importedCache>[0];

it.each([
  'type=gha,url=https://evil.example',
  'TYPE=gha,url=https://evil.example',
  'type=registry,type=local,src=/root',
  'type=registry,"type=local",src=/root',
  '"type=local",src=/root',
  'type=local,src=/',
])('refuses the cache %s, which is not in a registry', (cache) => {
  expect(() => importedCache(build, cache)).toThrow(expect.objectContaining({ kind: 'refused' }));
});

it('takes a cache in a registry, by its name or in full', () => {
  expect(importedCache(build, 'registry.example.com/cache/web')).toBe(
    'type=registry,ref=registry.example.com/cache/web',
  );
  const full = 'type=registry,ref=registry.example.com/cache/web,registry.insecure=true';
  expect(importedCache(build, full)).toBe(full);
});
