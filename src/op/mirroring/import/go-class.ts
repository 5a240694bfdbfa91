/** Which of the 128 ASCII characters a class of a regular expression of Go holds. */
export type Members = readonly boolean[];

/** A class that was read: where its text starts, and where the next begins. */
export type ClassRead =
  | { readonly members: Members; readonly start: number; readonly end: number; readonly isPlain: boolean }
  | { readonly problem: string };

const size = 128;
const all = Array.from({ length: size }, (_, code) => String.fromCharCode(code));
const members = (expression: RegExp): Members => all.map((character) => expression.test(character));
const inverted = (one: Members): Members => one.map((has) => !has);

const named: Readonly<Record<string, Members>> = {
  alnum: members(/[0-9A-Za-z]/u),
  alpha: members(/[A-Za-z]/u),
  ascii: members(/./su),
  blank: members(/[\t ]/u),
  cntrl: members(/\p{Cc}/u),
  digit: members(/[0-9]/u),
  graph: members(/[!-~]/u),
  lower: members(/[a-z]/u),
  print: members(/[ -~]/u),
  punct: members(/[!-/:-@[-`{-~]/u),
  space: members(/[\t\n\v\f\r ]/u),
  upper: members(/[A-Z]/u),
  word: members(/\w/u),
  xdigit: members(/[0-9A-Fa-f]/u),
};
const escaped: Readonly<Record<string, Members>> = {
  d: members(/\d/u),
  w: members(/\w/u),
  // Without the vertical tab, which JavaScript takes for a space.
  s: members(/[\t\n\f\r ]/u),
};

/** The ASCII characters of `\pL` or `\p{Lu}`; undefined for what is no category or script that op knows. */
export function className(name: string, isInverted: boolean): Members | undefined {
  const plain = name.replace('^', '');
  if (!/^(?:L[ulmo]?|N[dlo]?|P[cdefios]?|S[mcko]?|Z[slp]?|C[c]?|Latin|Greek|Cyrillic|Han)$/u.test(plain))
    return undefined;
  const expression = new RegExp(plain.length > 2 ? `\\p{Script=${plain}}` : `\\p{${plain}}`, 'u');
  return isInverted !== name.startsWith('^') ? inverted(members(expression)) : members(expression);
}

/** Whether the text is a single ASCII character. */
export const ascii = (text: string): boolean => text.length === 1 && text.charCodeAt(0) < size;

/** A character outside of a class. Spaces are written as numbers, so that the ends of a pattern stay what they are. */
export const escapeLiteral = (character: string): string =>
  /[\\^$.*+?()[\]{}|]/u.test(character) ? `\\${character}` : /[!-~]/u.test(character) ? character : hex(character);

const hex = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** A class with these characters. */
export function emitClass(wanted: Members, ignoresCase: boolean): string {
  const has = (code: number): boolean => wanted[code] === true;
  const isMember = (code: number): boolean => {
    const character = all[code] ?? '';
    if (!ignoresCase) return has(code);
    return has(character.toLowerCase().charCodeAt(0)) || has(character.toUpperCase().charCodeAt(0));
  };
  let text = '';
  for (let code = 0x21; code < 0x7f; code++) {
    if (!isMember(code)) continue;
    const first = code;
    while (code + 1 < 0x7f && isMember(code + 1)) code++;
    const [from = '', to = ''] = [all[first], all[code]].map((one = '') => (/[\\\]^-]/u.test(one) ? `\\${one}` : one));
    text += code === first ? from : code === first + 1 ? `${from}${to}` : `${from}-${to}`;
  }
  return text === '' ? '(?!)' : `[${text}]`;
}

/** Reads a class from behind its `[`. In Go, a `]` or `-` that comes first is itself, and there are `[:alpha:]` and `\pL`. */
export function parseClass(text: string, start: number): ClassRead {
  const found = Array.from<unknown, boolean>({ length: size }, () => false);
  const add = (more: Members) =>
    more.forEach((has, code) => {
      if (has) found[code] = true;
    });
  let at = start;
  let isPlain = true;
  const isInverted = text[at] === '^';
  if (isInverted) at++;
  for (let isFirst = true; isFirst || text[at] !== ']'; isFirst = false) {
    if (at >= text.length) return { problem: 'it lacks a ]' };
    const rest = text.slice(at);
    const posix = /^\[:(\^?)(\w+):\]/u.exec(rest);
    if (posix !== null) {
      const set = named[posix[2] ?? ''];
      if (set === undefined) return { problem: `${posix[0]} is no class` };
      add(posix[1] === '^' ? inverted(set) : set);
      at += posix[0].length;
      isPlain = false;
      continue;
    }
    const set = /^\\(?:([dDwWsS])|([pP])(?:\{(\^?\w+)\}|([A-Z])))/u.exec(rest);
    if (set !== null) {
      const [whole, letter = '', property, long, short] = set;
      const plain = escaped[letter.toLowerCase()];
      const chosen =
        property === undefined
          ? plain && (letter === letter.toLowerCase() ? plain : inverted(plain))
          : className(long ?? short ?? '', property === 'P');
      if (chosen === undefined) return { problem: `op does not know ${whole}` };
      add(chosen);
      at += whole.length;
      if (property !== undefined) isPlain = false;
      continue;
    }
    if (isFirst && rest.startsWith(']')) isPlain = false;
    const low = oneCharacter(rest);
    if ('problem' in low) return low;
    at += low.length;
    let high = low;
    if (text[at] === '-' && text[at + 1] !== ']' && at + 1 < text.length) {
      const end = oneCharacter(text.slice(at + 1));
      if ('problem' in end) return end;
      if (end.code < low.code) return { problem: 'a range of a class is the wrong way round' };
      high = end;
      at += 1 + end.length;
    }
    if (!low.isPlain || !high.isPlain) isPlain = false;
    for (let code = low.code; code <= Math.min(high.code, size - 1); code++) found[code] = true;
  }
  return { members: isInverted ? inverted(found) : found, start, end: at + 1, isPlain };
}

interface OneCharacter {
  readonly code: number;
  readonly length: number;
  /** Whether JavaScript reads the same text as the same character. */
  readonly isPlain: boolean;
}

const control: Readonly<Record<string, string>> = { a: '\x07', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function oneCharacter(text: string): OneCharacter | { readonly problem: string } {
  const code = text.codePointAt(0) ?? 0;
  if (text[0] !== '\\') return { code, length: String.fromCodePoint(code).length, isPlain: code < size };
  const hexadecimal = /^\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/u.exec(text);
  if (hexadecimal !== null) {
    const [whole, long, short] = hexadecimal;
    return { code: Number.parseInt(long ?? short ?? '', 16), length: whole.length, isPlain: false };
  }
  const next = text[1] ?? '';
  const meant = control[next] ?? (/[0-9A-Za-z]/u.test(next) || next === '' ? undefined : next);
  if (meant === undefined) return { problem: `\\${next} means nothing in a class` };
  return { code: meant.codePointAt(0) ?? 0, length: 2, isPlain: meant === next };
}
