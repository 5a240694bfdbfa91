import { CST, Lexer } from 'yaml';

/** Characters that end a line in YAML 1.1 but not in 1.2, that are invisible, or that UTF-16 leaves. */
const oddCharacter = /\r(?!\n)|[^\P{Cc}\r\n\t]|[\u2028\u2029\ufeff\ufffd]/u;
const oddTokens: Readonly<Partial<Record<string, string>>> = {
  anchor: 'an anchor (&)',
  alias: 'an alias (*)',
  tag: 'a tag (!)',
  'directive-line': 'a directive (%)',
  'byte-order-mark': 'a byte order mark',
};

/** The part of YAML in a text that parsers, such as go-yaml and the one of op, treat differently; merge keys are texts, and not looked for. */
export function oddPart(text: string): string | undefined {
  if (oddCharacter.test(text)) return 'an unusual line break or control character';
  let inScalar = false;
  for (const source of new Lexer().lex(text)) {
    const type: string | null = inScalar ? 'scalar' : CST.tokenType(source);
    const odd = inScalar ? undefined : oddTokens[type ?? ''];
    if (odd !== undefined) return odd;
    // The lexer announces the text of a scalar by a mark of its own.
    inScalar = !inScalar && type === 'scalar';
  }
  return undefined;
}
