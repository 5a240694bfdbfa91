/** One word of a command, as far as it can be read without running anything. */
export interface Word {
  /** Without its quotes. What the shell would expand is left out, but not what single quotes protect. */
  readonly text: string;
  /** The variables that the shell expands in it. */
  readonly variables: readonly string[];
}

/** One simple command of a shell script. */
export interface Command {
  /** The line on which it starts, from 1. */
  readonly line: number;
  readonly words: readonly Word[];
  /** The variables in what it reads as its standard input: here-documents, and the words of the command before a pipe. */
  readonly input: readonly string[];
}

interface Open {
  readonly line: number;
  readonly words: Word[];
  readonly input: string[];
}

const reserved = new Set(['!', '{', '}', 'if', 'then', 'elif', 'else', 'fi', 'do', 'done', 'while', 'until', 'time']);

/**
 * The simple commands of a shell script, those in backquotes and `$(…)` too. It knows quotes, comments, here-documents and pipes: enough to
 * see which program reads which variable.
 */
export function commandsOf(script: string, firstLine = 1): readonly Command[] {
  return new Splitter(script, firstLine).read();
}

class Splitter {
  private readonly script: string;
  private readonly found: Command[] = [];
  private readonly waiting: { readonly end: string; readonly quoted: boolean; readonly tabs: boolean; of: Open }[] = [];
  private at = 0;
  private line: number;
  private open: Open;
  private word: { text: string; variables: string[] } | undefined;

  constructor(script: string, firstLine: number) {
    this.script = script;
    this.line = firstLine;
    this.open = { line: firstLine, words: [], input: [] };
  }

  read(): readonly Command[] {
    while (this.at < this.script.length) this.step();
    this.endCommand(false);
    return this.found;
  }

  private step(): void {
    const char = this.script.charAt(this.at);
    if (char === '\n') {
      this.at += 1;
      this.line += 1;
      this.endCommand(false);
      this.documents();
    } else if (char === ' ' || char === '\t') {
      this.at += 1;
      this.endWord();
    } else if (char === '#' && this.word === undefined) this.at = this.find('\n');
    else if (char === '\\') this.escape();
    else if (char === "'") this.single();
    else if (char === '"') this.double();
    else if (char === '`') this.backquoted();
    else if (char === '$') this.dollar();
    else if (char === '<' || char === '>') this.redirection();
    else if (';&|()'.includes(char)) {
      const piped = char === '|' && this.script.charAt(this.at + 1) !== '|' && this.script.charAt(this.at - 1) !== '|';
      this.at += 1;
      this.endCommand(piped);
    } else this.add(char, 1);
  }

  private add(text: string, length: number): void {
    this.word ??= { text: '', variables: [] };
    this.word.text += text;
    this.at += length;
  }

  private endWord(): void {
    const { word } = this;
    this.word = undefined;
    if (word === undefined) return;
    if (this.open.words.length === 0 && word.variables.length === 0 && reserved.has(word.text)) return;
    this.open.words.push(word);
  }

  /** @param piped whether the next command reads what this one writes */
  private endCommand(piped: boolean): void {
    this.endWord();
    const { open } = this;
    if (open.words.length > 0) this.found.push(open);
    const input = piped ? [...open.input, ...open.words.flatMap(({ variables }) => variables)] : [];
    this.open = { line: this.line, words: [], input };
  }

  private escape(): void {
    const next = this.script.charAt(this.at + 1);
    if (next === '\n') {
      this.line += 1;
      this.at += 2;
    } else this.add(next, 2);
  }

  private single(): void {
    const end = this.find("'", this.at + 1);
    const text = this.script.slice(this.at + 1, end);
    this.line += newlines(text);
    this.add(text, text.length + 2);
  }

  private double(): void {
    this.add('', 1);
    while (this.at < this.script.length && this.script.charAt(this.at) !== '"') {
      const char = this.script.charAt(this.at);
      if (char === '\\') this.escape();
      else if (char === '`') this.backquoted();
      else if (char === '$') this.dollar();
      else {
        if (char === '\n') this.line += 1;
        this.add(char, 1);
      }
    }
    this.at += 1;
  }

  private backquoted(): void {
    const end = this.find('`', this.at + 1);
    this.inner(this.at + 1, end);
    this.add('', 0);
    this.at = end + 1;
  }

  private dollar(): void {
    const rest = this.script.slice(this.at);
    const variable = /^\$(?:\{[#!]?([A-Za-z_]\w*)[^}]*\}|([A-Za-z_]\w*))/.exec(rest);
    if (variable !== null) {
      this.add('', variable[0].length);
      this.word?.variables.push(variable[1] ?? variable[2] ?? '');
    } else if (rest.startsWith('$(') && !rest.startsWith('$((')) {
      const end = this.find(')', this.at + 2);
      this.inner(this.at + 2, end);
      this.add('', 0);
      this.at = end + 1;
    } else this.add('$', 1);
  }

  /** The commands of a substitution. */
  private inner(from: number, to: number): void {
    const text = this.script.slice(from, to);
    this.found.push(...commandsOf(text, this.line));
    this.line += newlines(text);
  }

  private redirection(): void {
    const rest = this.script.slice(this.at);
    const document = /^<<(-?)[ \t]*(?:\\?([A-Za-z0-9_]+)|'([^'\n]*)'|"([^"\n]*)")/.exec(rest);
    if (/^\d$/.test(this.word?.text ?? '')) this.word = undefined;
    this.endWord();
    if (document === null || rest.startsWith('<<<')) {
      this.at += /^[<>&|]+[ \t]*/.exec(rest)?.[0].length ?? 1;
      const { words } = this.open;
      const before = words.length;
      while (this.at < this.script.length && !/[\s;&|()<>]/.test(this.script.charAt(this.at))) this.step();
      this.endWord();
      const target = words.splice(before);
      if (rest.startsWith('<<<')) this.open.input.push(...target.flatMap(({ variables }) => variables));
      return;
    }
    const [whole, tabs = '', plain, quote, doubled] = document;
    const quoted = plain === undefined || whole.includes('\\');
    this.waiting.push({ end: plain ?? quote ?? doubled ?? '', quoted, tabs: tabs !== '', of: this.open });
    this.at += whole.length;
  }

  /** The here-documents that begin on this line. */
  private documents(): void {
    for (const { end, quoted, tabs, of } of this.waiting.splice(0)) {
      while (this.at < this.script.length) {
        const stop = this.find('\n');
        const line = this.script.slice(this.at, stop);
        this.at = stop + 1;
        this.line += 1;
        if ((tabs ? line.replace(/^\t+/, '') : line) === end) break;
        if (!quoted) of.input.push(...variablesIn(line));
      }
    }
    this.open = { line: this.line, words: [], input: [] };
  }

  private find(text: string, from = this.at): number {
    const found = this.script.indexOf(text, from);
    return found === -1 ? this.script.length : found;
  }
}

const newlines = (text: string): number => text.split('\n').length - 1;

function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(/(?<!\\)\$\{?([A-Za-z_]\w*)/g)].map(([, name = '']) => name);
}
