import { expect, it } from 'vitest';
import { csv } from './flag-values.js';

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
