import { expect, test } from 'vitest';
import { givenParams } from './given-params.js';

const declared = [
  { name: 'text', type: 'string' },
  { name: 'list', type: 'array' },
  { name: 'map', type: 'object' },
] as const;

const given = (...param: string[]) => givenParams({ cwd: '/' }, { param }, declared);

test('a param has the type of its declaration', async () => {
  expect(await given('text=a=b,c', 'list=a,b', 'map=k:v:w, l:x', 'text=')).toEqual({
    text: '',
    list: ['a', 'b'],
    map: { k: 'v:w', l: 'x' },
  });
});

test.each([
  ['text', 'it has no "="'],
  ['txt=a', 'its params are text, list, map'],
  ['map=a', 'a is not key:value'],
])('%s is refused', async (param, why) => {
  await expect(given(param)).rejects.toMatchObject({ kind: 'usage', why });
});
