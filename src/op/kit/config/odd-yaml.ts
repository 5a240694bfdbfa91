import { CST, Lexer } from 'yaml';

/** Characters that end a line in YAML 1.1 but not in 1.2, that are invisible, or that UTF-16 leaves. */
const oddCharacter = /\r(?!\n)|[^\P{Cc}\r\n\t]|[\u2028\u2029\ufeff\ufffd\p{Cs}]/u;
const oddTokens: Readonly<Partial<Record<string, string>>> = {
  anchor: 'an anchor (&)',
  alias: 'an alias (*)',
  tag: 'a tag (!)',
  'directive-line': 'a directive (%)',
  'byte-order-mark': 'a byte order mark',
};

/** The part of YAML in a text that parsers treat differently, such as "an anchor (&)"; undefined for a text that has none. */
export function oddPart(text: string): string | undefined {
  if (oddCharacter.test(text)) return 'an unusual line break or control character';
  let inScalar = false;
  let before: Before = [null, null];
  for (const source of new Lexer().lex(text)) {
    const type: string | null = inScalar ? 'scalar' : CST.tokenType(source);
    const odd = inScalar ? undefined : oddTokens[type ?? ''];
    if (odd !== undefined) return odd;
    if (isOddColon(before, type)) return 'a colon before one of ,[]{}';
    if (inScalar && source.trim() === '<<') return 'a merge key (<<)';
    // The lexer announces the text of a scalar, which may be empty, by a mark of its own.
    if (type !== 'scalar' || (inScalar && source !== '')) before = [before[1], type];
    inScalar = !inScalar && type === 'scalar';
  }
  return undefined;
}

/** The types of the two tokens before one. */
type Before = readonly [string | null, string | null];

/** go-yaml 2 takes the colon of {a:} for a part of the key. That of {"a":[]} is JSON. */
function isOddColon([key, colon]: Before, next: string | null): boolean {
  if (colon !== 'map-value-ind') return false;
  const starts = next === 'flow-map-start' || next === 'flow-seq-start';
  const ends = next === 'flow-map-end' || next === 'flow-seq-end' || next === 'comma';
  return ends || (starts && key === 'scalar');
}
