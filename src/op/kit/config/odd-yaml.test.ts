import { expect, test } from 'vitest';
import { oddPart } from './odd-yaml.js';

test.each([
  ['a: b # \u2028c: d', 'an unusual line break or control character'],
  ['a: b # \u0085c: d', 'an unusual line break or control character'],
  ['a: b\rc: d', 'an unusual line break or control character'],
  ['a: &b c', 'an anchor (&)'],
  ['a: *b', 'an alias (*)'],
  ['a: !!str b', 'a tag (!)'],
  ['<<: {a: b}', 'a merge key (<<)'],
  ['{<< : {a: b}}', 'a merge key (<<)'],
  ['%YAML 1.1\n---\na: b', 'a directive (%)'],
  ['{a:}', 'a colon before one of ,[]{}'],
  ['{a:, b: c}', 'a colon before one of ,[]{}'],
  ['{a:[b]}', 'a colon before one of ,[]{}'],
  ['{a:{b: c}}', 'a colon before one of ,[]{}'],
  ['[a:]', 'a colon before one of ,[]{}'],
])('%j has %s', (text, odd) => {
  expect(oddPart(text)).toBe(odd);
});

test.each([
  'a: b\r\nc: |\n  cat <<EOF\n  &a *b !c {a:}\n',
  'a: "&b *c !d << {a:}"',
  '{a: b, "c": d, e: , f: g}',
  '{"a":{"b":["c",{"d":1}]},"e":"f"}',
  'a: é\n',
])('%j is read alike', (text) => {
  expect(oddPart(text)).toBeUndefined();
});
