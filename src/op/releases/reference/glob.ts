import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';

/**
 * Whether references match a pattern: `*` is any text within a part, `**` any text, `?` one character, `{a,b}` alternatives, `[a-z]` and
 * `[^@]` classes, and `\` takes the next character as it is.
 * @throws OpError (input) for a pattern that ends too early
 */
export function compileGlob(pattern: string): (reference: string) => boolean {
  const refuse = (why: string) =>
    inputError({
      what: `"${oneLine(pattern, 200)}" is not a pattern`,
      why,
      hint: "write one such as '**/@/deploy/*', in quotes so that the shell does not change it",
    });
  if (pattern.length > 500) throw refuse('it has more than 500 characters');
  const stars = pattern.match(/\*+/gu) ?? [];
  if (stars.length > 12) throw refuse('it has more than 12 stars');
  const expression = new RegExp(`^${translate(pattern, refuse)}$`, 'u');
  return (reference) => expression.test(reference);
}

function translate(pattern: string, refuse: (why: string) => Error): string {
  const characters = [...pattern];
  let depth = 0;
  let text = '';
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '*') {
      const several = characters[at + 1] === '*';
      text += several ? '.*' : '[^/]*';
      while (characters[at + 1] === '*') at += 1;
    } else if (character === '?') text += '[^/]';
    else if (character === '{') {
      depth += 1;
      text += '(?:';
    } else if (character === '}' && depth > 0) {
      depth -= 1;
      text += ')';
    } else if (character === ',' && depth > 0) text += '|';
    else if (character === '[') {
      const end = characters.indexOf(']', at + 2);
      if (end === -1) throw refuse('a [ has no ]');
      text += classOf(characters.slice(at + 1, end));
      at = end;
    } else if (character === '\\') {
      at += 1;
      const next = characters[at];
      if (next === undefined) throw refuse('nothing follows the last \\');
      text += quoted(next);
    } else text += quoted(character);
  }
  if (depth > 0) throw refuse('a { has no }');
  return text;
}

function classOf(characters: readonly string[]): string {
  const not = characters[0] === '^' || characters[0] === '!';
  const inner = (not ? characters.slice(1) : characters).map(quoted).join('');
  return `(?!/)[${not ? '^' : ''}${inner}]`;
}

const quoted = (character: string) => character.replace(/[\\^$.*+?()[\]{}|]/u, '\\$&');
