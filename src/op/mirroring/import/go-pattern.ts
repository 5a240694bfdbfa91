import { ascii, type ClassRead, className, emitClass, escapeLiteral, parseClass } from './go-class.js';

/**
 * A pattern of skopeo, regsync or oc-mirror as a pattern of a mirror file. Theirs are Go's (RE2), a mirror file's are JavaScript's: a flag
 * such as `(?i)`, `\z`, `\pL`, `[[:alpha:]]`, `[]a]` and `\Q` mean something else there, or are an error. Texts are taken to be ASCII on
 * one line, as tags and names of images are.
 * Source: https://pkg.go.dev/regexp/syntax
 */
export type Translated = { readonly pattern: string } | { readonly problem: string };

/** For what a text must only contain: Go's `regexp.MatchString`. The result matches whole texts, as patterns of a mirror file do. */
export function containing(pattern: string): Translated {
  return translate(pattern, (alternatives) =>
    alternatives.map((tokens) => {
      const starts = tokens[0] === '^';
      const ends = tokens.length > (starts ? 1 : 0) && tokens.at(-1) === '$';
      const inner = tokens.slice(starts ? 1 : 0, ends ? -1 : undefined);
      return `${starts || inner[0] === '.*' ? '' : '.*'}${inner.join('')}${ends || inner.at(-1) === '.*' ? '' : '.*'}`;
    }),
  );
}

/** For what regsync compiles as `^PATTERN$`, where `a|b` means "starts with a, or ends with b". The result matches whole texts. */
export function between(pattern: string): Translated {
  return translate(pattern, (alternatives) =>
    alternatives.map((tokens, index) => {
      const text = tokens.join('');
      return `${index === 0 ? '' : '.*'}${text}${index === alternatives.length - 1 ? '' : '.*'}`;
    }),
  );
}

type Alternatives = readonly (readonly string[])[];

function translate(pattern: string, whole: (alternatives: Alternatives) => readonly string[]): Translated {
  try {
    const text = whole(new Reader(pattern).readAll()).join('|');
    // Whatever Go accepts and JavaScript does not, such as `^*`.
    new RegExp(text);
    return { pattern: text === '' ? '(?:)' : text };
  } catch (error) {
    if (error instanceof Untranslatable) return { problem: error.message };
    return { problem: `JavaScript has nothing like it: ${error instanceof Error ? error.message : String(error)}` };
  }
}

class Untranslatable extends Error {}

const notGo = (what: string) => new Untranslatable(`it is not valid in Go: ${what}`);

class Reader {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  readAll(): Alternatives {
    const alternatives = this.#alternatives(false);
    if (this.#at < this.#text.length) throw notGo('it has a ) too many');
    return alternatives;
  }

  /** Up to the closing parenthesis or the end. Flags hold until then. */
  #alternatives(outerIgnoresCase: boolean): Alternatives {
    let ignoresCase = outerIgnoresCase;
    const all: string[][] = [[]];
    const add = (...tokens: readonly string[]) => all.at(-1)?.push(...tokens);
    while (this.#at < this.#text.length && this.#text[this.#at] !== ')') {
      if (this.#take('|')) {
        all.push([]);
        continue;
      }
      const flags = this.#match(/\(\?(?=[imsU-])([imsU]*(?:-[imsU]+)?)\)/uy);
      if (flags !== undefined) {
        ignoresCase = ignoringCase(flags, ignoresCase);
        continue;
      }
      const quoted = this.#match(/\\Q(.*?)(?:\\E|$)/suy);
      if (quoted === undefined) add(this.#repeated(this.#atom(ignoresCase)));
      else {
        const literals = [...quoted].map((one) => literal(one, ignoresCase));
        const last = literals.pop();
        add(...literals, ...(last === undefined ? [] : [this.#repeated(last)]));
      }
    }
    return all;
  }

  #atom(ignoresCase: boolean): string {
    const character = this.#next();
    if (character === '(') return this.#group(ignoresCase);
    if (character === '[') return this.#class(ignoresCase);
    if (character === '\\') return this.#escape(ignoresCase);
    if (character === '.' || character === '^' || character === '$') return character;
    if ('*+?'.includes(character)) throw notGo(`there is nothing for ${character} to repeat`);
    return literal(character, ignoresCase);
  }

  #group(outerIgnoresCase: boolean): string {
    const flags = this.#match(/\?([imsU]*(?:-[imsU]+)?):/uy);
    const named = flags === undefined ? this.#match(/\?P?<(\w+)>/uy) : undefined;
    if (flags === undefined && named === undefined && this.#text[this.#at] === '?') {
      throw notGo('it has no lookahead, lookbehind or other groups that start with (?');
    }
    const ignoresCase = flags === undefined ? outerIgnoresCase : ignoringCase(flags, outerIgnoresCase);
    const inner = this.#alternatives(ignoresCase);
    if (!this.#take(')')) throw notGo('it lacks a )');
    const text = inner.map((tokens) => tokens.join('')).join('|');
    return `${flags === undefined && named === undefined ? '(' : '(?:'}${text})`;
  }

  #class(ignoresCase: boolean): string {
    const read: ClassRead = parseClass(this.#text, this.#at);
    if ('problem' in read) throw notGo(read.problem);
    this.#at = read.end;
    return read.isPlain && !ignoresCase
      ? `[${this.#text.slice(read.start, read.end)}`
      : emitClass(read.members, ignoresCase);
  }

  #escape(ignoresCase: boolean): string {
    const character = this.#next('it ends with a backslash');
    if ('dDwWsSbB'.includes(character)) return `\\${character}`;
    if (character === 'A') return '^';
    if (character === 'z') return '$';
    if ('fnrtv'.includes(character)) return `\\${character}`;
    if (character === 'a') return '\\x07';
    if (character === 'p' || character === 'P') {
      const name = this.#match(/(?:\{(\^?\w+)\}|([A-Z]))/uy);
      const read = className(name ?? '', character === 'P');
      if (read === undefined) throw new Untranslatable(`op does not know the characters \\${character}{${name}}`);
      return emitClass(read, ignoresCase);
    }
    if (character === 'x') {
      const digits = this.#match(/(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/uy);
      if (digits === undefined) throw notGo('\\x without two digits');
      return literal(String.fromCodePoint(Number.parseInt(digits, 16)), ignoresCase);
    }
    if (/[0-9A-Za-z]/u.test(character)) {
      throw /[0-9C]/u.test(character)
        ? new Untranslatable(`\\${character} has no equivalent`)
        : notGo(`\\${character} means nothing`);
    }
    return literal(character, false);
  }

  /** What follows an atom: `*`, `+?`, `{2,3}`. Whether it is lazy does not change what matches. */
  #repeated(atom: string): string {
    const simple = this.#match(/([*+?])\??/uy);
    const counted = simple === undefined ? this.#match(/(\{\d+(?:,\d*)?\})\??/uy) : undefined;
    const repeat = simple ?? counted;
    if (repeat === undefined) return atom;
    const [least = 0, most = least] = (counted?.match(/\d+/gu) ?? []).map(Number);
    if (least > 1000 || most > 1000 || most < least) throw notGo(`${repeat} is no number of times`);
    if (/^(?:[*+?]|\{\d+(?:,\d*)?\})/u.test(this.#text.slice(this.#at)))
      throw notGo(`something follows ${repeat} that repeats it`);
    return `${atom}${repeat}`;
  }

  #next(problem = 'it ends too early'): string {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    if (this.#at >= this.#text.length) throw notGo(problem);
    this.#at += character.length;
    return character;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** The first group of a sticky expression that matches here. */
  #match(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#text);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match.slice(1).find((group) => group !== undefined) ?? '';
  }
}

const ignoringCase = (flags: string, before: boolean): boolean => {
  const [on = '', off = ''] = flags.split('-');
  return off.includes('i') ? false : on.includes('i') || before;
};

const literal = (character: string, ignoresCase: boolean): string =>
  ignoresCase && /[A-Za-z]/u.test(character)
    ? `[${character.toLowerCase()}${character.toUpperCase()}]`
    : ascii(character)
      ? escapeLiteral(character)
      : character;
