import { inputError } from '../../kit/errors/op-error.js';

type Variables = ReadonlyMap<string, string>;

/** Defaults in defaults, and characters of a value: more is no Dockerfile. */
const deepest = 100;
const longest = 1_000_000;

/**
 * Substitutes the variables of a word and removes its quotes, as BuildKit does: `$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME-word}`,
 * `${NAME:+word}`, `${NAME+word}`; not in single quotes, and not after the escape character.
 * @returns undefined when a variable without a value or default is needed, or for any other form
 * @throws OpError (input) for defaults that are too deep in each other, and for a value that is too long
 * @see https://docs.docker.com/reference/dockerfile/#environment-replacement
 */
export const substitute = (word: string, variables: Variables, escapeToken: string): string | undefined =>
  substituteAt(word, variables, escapeToken, 0);

function substituteAt(word: string, variables: Variables, escapeToken: string, depth: number): string | undefined {
  if (depth > deepest) throw unusual(`has defaults of variables in each other, more than ${deepest} deep`);
  let text = '';
  let quoted = false;
  for (let at = 0; at < word.length; at += 1) {
    const character = word.charAt(at);
    if (character === escapeToken && at + 1 < word.length) {
      at += 1;
      const next = word.charAt(at);
      // Within double quotes, it escapes only what is special there.
      text += quoted && !['"', '$', escapeToken].includes(next) ? character + next : next;
    } else if (character === '"') {
      quoted = !quoted;
    } else if (character === "'" && !quoted) {
      const end = word.indexOf("'", at + 1);
      text += word.slice(at + 1, end < 0 ? undefined : end);
      at = end < 0 ? word.length : end;
    } else if (character === '$') {
      const found = readVariable(word, at, variables, escapeToken, depth);
      if (found?.value === undefined) return undefined;
      text += found.value;
      if (text.length > longest) throw unusual(`gives a variable a value of more than ${longest} characters`);
      at = found.end - 1;
    } else {
      text += character;
    }
  }
  return text;
}

interface Found {
  readonly value: string | undefined;
  /** The position after it. */
  readonly end: number;
}

/** The value of the variable at a dollar sign. */
function readVariable(
  word: string,
  start: number,
  variables: Variables,
  escapeToken: string,
  depth: number,
): Found | undefined {
  const [plain, name = ''] = /^\$([A-Za-z_]\w*)/u.exec(word.slice(start)) ?? [];
  if (plain !== undefined) return { value: variables.get(name), end: start + plain.length };
  const end = closingBrace(word, start + 2);
  if (word.charAt(start + 1) !== '{' || end === undefined) return undefined;
  const [, braced = '', operator = '', other = ''] =
    /^([A-Za-z_]\w*)(?:(:?[-+])(.*))?$/su.exec(word.slice(start + 2, end)) ?? [];
  if (braced === '') return undefined;
  const value = variables.get(braced);
  const isSet = operator.startsWith(':') ? Boolean(value) : value !== undefined;
  const chosen = () => substituteAt(other, variables, escapeToken, depth + 1);
  if (operator.endsWith('-')) return { value: isSet ? value : chosen(), end: end + 1 };
  if (operator.endsWith('+')) return { value: isSet ? chosen() : '', end: end + 1 };
  return { value, end: end + 1 };
}

/** The brace that closes one before `start`; defaults may contain `${…}` themselves. */
function closingBrace(word: string, start: number): number | undefined {
  let depth = 1;
  const marks = /\$\{|\}/gu;
  marks.lastIndex = start;
  for (let mark = marks.exec(word); mark !== null; mark = marks.exec(word)) {
    depth += mark[0] === '}' ? -1 : 1;
    if (depth === 0) return mark.index;
  }
  return undefined;
}

const unusual = (why: string) =>
  inputError({
    what: 'op cannot read the variables of a Dockerfile',
    why: `it ${why}`,
    hint: 'write the value without these variables',
  });
