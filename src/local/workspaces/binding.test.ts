import { expect, test } from 'vitest';
import { parseBinding } from './binding.js';

test.each([
  ['source=.', { name: 'source', source: { kind: 'directory', path: '/here', shared: false } }],
  ['source=sub,rw', { name: 'source', source: { kind: 'directory', path: '/here/sub', shared: true } }],
  ['name=w,emptyDir=', { name: 'w', source: { kind: 'emptyDir' } }],
  ['name=w,volumeClaimTemplate=', { name: 'w', source: { kind: 'new' } }],
  ['name=w,claimName=cache,subPath=a/b', { name: 'w', subPath: 'a/b', source: { kind: 'claim', claim: 'cache' } }],
  ['name=w,secret=/etc/s', { name: 'w', source: { kind: 'secret', path: '/etc/s' } }],
  ['name=w,config=c', { name: 'w', source: { kind: 'config', path: '/here/c' } }],
])('%s is a workspace', (text, binding) => expect(parseBinding(text, '/here')).toEqual(binding));

test.each([
  ['source', 'needs a value'],
  ['name=w', 'bound to nothing'],
  ['name=w,emptyDir=,secret=s', 'bound to two things'],
  ['name=w,colour=red', 'colour is not known'],
  ['name=w,claimName=../x', 'needs the name of a claim'],
  ['name=,emptyDir=', 'has no name'],
])('%s is refused: %s', (text, why) => {
  expect(() => parseBinding(text, '/here')).toThrow(
    expect.objectContaining({ kind: 'usage', why: expect.stringContaining(why) }),
  );
});
