/**
 * The quoting at a position in a POSIX shell script. Only in `bare`, `double` and `heredoc` does
 * `${NAME}` mean exactly the value of NAME (in `bare` with double quotes around it).
 */
export type Context =
  | 'bare'
  | 'double'
  | 'single'
  | 'comment'
  | 'backquote'
  | 'heredoc'
  | 'quoted heredoc'
  | 'arithmetic';

interface Heredoc {
  readonly word: string;
  readonly quoted: boolean;
  readonly tabs: boolean;
}

/**
 * Reads a script piece by piece and gives the context after each piece. It knows quotes, comments, backquotes,
 * here-documents and arithmetic, which decide whether a reference is safe there. It is written by hand because shell
 * parsers need a whole script and return a tree: here only the quoting between two pieces matters, and the core has no
 * dependencies.
 */
export class ShellLexer {
  line = 1;
  private readonly outer: Context[] = [];
  private inner: Context = 'bare';
  private readonly waiting: Heredoc[] = [];
  private open: Heredoc | undefined;
  private sinceNewline = '';
  private before = '\n';

  /** The context at the current position. */
  get context(): Context {
    return this.inner;
  }

  /** Reads one literal piece. */
  read(piece: string): void {
    for (let index = 0; index < piece.length; ) index += this.take(piece, index);
  }

  /** A value is inserted here: what follows is inside a word. */
  hole(): void {
    this.before = '}';
    this.sinceNewline += '\0';
  }

  /** Reads what begins at `index`; returns its length. */
  private take(piece: string, index: number): number {
    const before = this.before;
    const char = piece.charAt(index);
    this.before = char;
    if (char === '\n') {
      this.newline();
      return 1;
    }
    this.sinceNewline += char;
    if (this.inner === 'bare') return this.takeBare(piece, index, before);
    const escapes = this.inner === 'double' || this.inner === 'backquote' || this.inner === 'heredoc';
    if (char === '\\' && escapes) return this.escaped(piece, index);
    if (this.inner === 'double' && char === '`') this.enter('backquote');
    else if (char === closing[this.inner]) this.leave();
    else if (this.inner === 'arithmetic' && piece.startsWith('))', index)) {
      this.leave();
      return 2;
    }
    return 1;
  }

  private takeBare(piece: string, index: number, before: string): number {
    const char = piece.charAt(index);
    if (char === '\\') return this.escaped(piece, index);
    if (char === '"') this.enter('double');
    else if (char === "'") this.enter('single');
    else if (char === '`') this.enter('backquote');
    else if (char === '#' && /[\s;&|()]/.test(before)) this.enter('comment');
    else if (piece.startsWith('$((', index)) {
      this.enter('arithmetic');
      return 3;
    } else if (piece.startsWith('<<', index)) return this.heredoc(piece, index);
    return 1;
  }

  private enter(context: Context): void {
    this.outer.push(this.inner);
    this.inner = context;
  }

  private leave(): void {
    this.inner = this.outer.pop() ?? 'bare';
  }

  private escaped(piece: string, index: number): number {
    if (piece.charAt(index + 1) === '\n') {
      this.line += 1;
      this.sinceNewline = '';
    }
    this.before = 'x';
    return 2;
  }

  private heredoc(piece: string, index: number): number {
    const found = /^<<(-?)[ \t]*(?:\\?([A-Za-z0-9_]+)|'([^'\n]*)'|"([^"\n]*)")/.exec(piece.slice(index));
    if (found === null) return 2;
    const [whole, tabs = '', plain, single, double] = found;
    const quoted = plain === undefined || whole.includes('\\');
    this.waiting.push({ word: plain ?? single ?? double ?? '', quoted, tabs: tabs !== '' });
    this.before = 'x';
    return whole.length;
  }

  private newline(): void {
    this.line += 1;
    const line = this.sinceNewline;
    this.sinceNewline = '';
    if (this.inner === 'comment') this.leave();
    if (this.open !== undefined) {
      if ((this.open.tabs ? line.replace(/^\t+/, '') : line) !== this.open.word) return;
      this.open = undefined;
      this.leave();
    }
    if (this.inner !== 'bare') return;
    this.open = this.waiting.shift();
    if (this.open !== undefined) this.enter(this.open.quoted ? 'quoted heredoc' : 'heredoc');
  }
}

const closing: { readonly [C in Context]?: string } = { double: '"', single: "'", backquote: '`' };
