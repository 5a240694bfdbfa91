import { partsOf, referenceOf, type Scope, type StringRef, type Text } from '../reference.js';
import { codeIn, foreignProgram } from './code.js';
import { heldBy } from './held.js';
import { type Context, ShellLexer } from './lexer.js';

export const SCRIPT: unique symbol = Symbol.for('octopipeline.script');

/** One variable that a script reads its references from. */
export interface HoistedEnv<S extends Scope> {
  readonly name: string;
  readonly value: StringRef<S> | Text<S>;
}

/** A problem in a script, kept until validation can say in which step it is. */
export interface ScriptProblem {
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

/** A shell script whose references are environment variables; made by {@link sh}. */
export interface Script<S extends Scope = Scope> {
  readonly [SCRIPT]: {
    readonly scope: S;
    readonly body: string;
    /** The script as it was written, without the lines that `sh` puts before it. */
    readonly text: string;
    readonly env: readonly HoistedEnv<S>[];
    readonly problems: readonly ScriptProblem[];
  };
}

/** What may be inserted into a script. An array does not fit in a word: pass it through `args`, read it as `"$@"`. */
export type ScriptHole<S extends Scope> = StringRef<S> | Text<S> | number;

/**
 * A shell script in which references are safe. Tekton pastes values into scripts as they are, so a param that holds
 * `"; rm -rf /` would be code. This tag pastes nothing: every reference becomes an environment variable of the step,
 * before all its other variables, and the script reads `"${V_PARAMS_URL}"`.
 *
 * A reference in single quotes, a comment, a quoted here-document, backquotes or arithmetic is refused, as is a
 * literal `$(`, which Tekton could read as a reference. Without a `#!` line the script starts with
 * `#!/bin/sh` and `set -eu`. The text is raw, as the shell reads it, except that JavaScript itself wants a backquote
 * and `${` written with a backslash before them.
 *
 * What arrives: every value byte for byte, with two exceptions that are Kubernetes' own and that no catalog can
 * prevent. In the value of a variable it turns `$$` into `$`, and `$(NAME)` into the value of NAME where NAME is an
 * earlier variable of the same container or belongs to a Service of the namespace (`enableServiceLinks: false` in the
 * pod template ends the latter). References come first, so that no other variable of the step can be read that way.
 * Linux ends one variable at 128 kB, and no value can hold a NUL.
 *
 * @example script: sh`git clone -- ${params.url} "${workspaces.output.path}/src"`
 */
export function sh<S extends Scope = never>(
  literals: TemplateStringsArray,
  ...holes: readonly ScriptHole<S>[]
): Script<S> {
  const lexer = new ShellLexer();
  const names = new Map<string, string>();
  const env: HoistedEnv<S>[] = [];
  const problems: ScriptProblem[] = [];
  const pieces = dedent(literals.raw.map((literal) => literal.replace(/\\(`|\$\{)/g, '$1')));
  let body = '';
  pieces.forEach((piece, index) => {
    refuseExpressions(piece, lexer.line, problems);
    lexer.read(piece);
    body += piece;
    if (index < pieces.length - 1) body += fill<S>(holes[index], lexer, names, env, problems);
  });
  lexer.read('\n');
  const open = unfinished[lexer.context];
  if (open !== undefined) {
    problems.push({ line: lexer.line - 1, message: `the script ends inside ${open}`, hint: 'close it' });
  }
  problems.push(...misused(body, env));
  const head = body.startsWith('#!') ? '' : '#!/bin/sh\nset -eu\n';
  return { [SCRIPT]: { scope: undefined as unknown as S, body: `${head}${body}\n`, text: body, env, problems } };
}

/** References that become code, and references in a script that no shell reads. */
function misused<S extends Scope>(text: string, env: readonly HoistedEnv<S>[]): readonly ScriptProblem[] {
  const foreign = foreignProgram(text);
  if (foreign !== undefined) {
    if (env.length === 0) return [];
    const message = `a reference in a script for ${foreign} becomes shell syntax, which ${foreign} does not read`;
    return [{ line: 1, message, hint: 'pass the value in env or args, and write the script as a plain text' }];
  }
  const held = new Map(env.map(({ name, value }) => [name, heldBy(value)]));
  return codeIn(text, (name) => held.get(name)).map(({ line, program }) => ({ line, ...becomesCode(program) }));
}

/** What is wrong with a value that a program runs. */
export function becomesCode(program: string): Refusal {
  return {
    message: `a reference in what ${program} runs becomes code`,
    hint: 'run the program itself, or pass the value as an argument after the code, or in a variable that the code reads',
  };
}

/** What the script reads in place of an inserted value. */
function fill<S extends Scope>(
  hole: unknown,
  lexer: ShellLexer,
  names: Map<string, string>,
  env: HoistedEnv<S>[],
  problems: ScriptProblem[],
): string {
  const { context, line } = lexer;
  lexer.hole();
  if (typeof hole === 'number') return String(hole);
  const value = stringHole<S>(hole);
  if (value === undefined) {
    problems.push({ line, message: notAString(hole), hint: 'pass lists through args and read them as "$@"' });
    return '';
  }
  const reason = unsafe[context];
  if (reason !== undefined) problems.push({ line, ...reason });
  const name = hoist(value, names, env);
  return context === 'bare' ? `"\${${name}}"` : `\${${name}}`;
}

type Refusal = Omit<ScriptProblem, 'line'>;

const unsafe: { readonly [C in Context]?: Refusal } = {
  single: {
    message: 'a reference inside single quotes is not expanded by the shell',
    hint: 'use double quotes, or no quotes',
  },
  comment: { message: 'a reference inside a comment does nothing', hint: 'remove it' },
  'quoted heredoc': {
    message: 'a reference inside a here-document with a quoted word is not expanded by the shell',
    hint: "write the word without quotes, or use printf '%s'",
  },
  backquote: {
    message: 'a reference inside backquotes is read twice by the shell',
    hint: 'assign it to a variable first, or use a pipe',
  },
  arithmetic: { message: 'a reference inside arithmetic is evaluated as code', hint: 'assign and check it first' },
};

const unfinished: { readonly [C in Context]?: string } = {
  double: 'double quotes',
  single: 'single quotes',
  backquote: 'backquotes',
  heredoc: 'a here-document',
  'quoted heredoc': 'a here-document',
  arithmetic: 'arithmetic',
};

function refuseExpressions(literal: string, line: number, problems: ScriptProblem[]): void {
  for (let from = literal.indexOf('$('); from !== -1; from = literal.indexOf('$(', from + 2)) {
    problems.push({
      line: line + literal.slice(0, from).split('\n').length - 1,
      message: `the script contains a literal "$(": "${excerpt(literal, from)}"`,
      hint: adviceFor(literal.slice(from)),
    });
  }
}

/** What to write instead of `$(`, which Tekton could read as one of its variables. */
function adviceFor(text: string): string {
  if (text.startsWith('$((')) return 'let expr calculate, in backquotes: i=\\`expr "$i" + 1\\`';
  if (/^\$\((?:params|results|workspaces|context|tasks|steps|step)[.[]/.test(text))
    return 'insert the reference itself: ${params.url}';
  return 'write a command substitution in backquotes: \\`date\\`';
}

function excerpt(literal: string, from: number): string {
  return (literal.slice(from, from + 30).split('\n')[0] ?? '').trimEnd();
}

function stringHole<S extends Scope>(hole: unknown): StringRef<S> | Text<S> | undefined {
  if (partsOf(hole) !== undefined) return hole as Text<S>;
  return referenceOf(hole)?.kind === 'string' ? (hole as StringRef<S>) : undefined;
}

function notAString(hole: unknown): string {
  const reference = referenceOf(hole);
  if (reference !== undefined) return `"${reference.name}" is an ${reference.kind} and does not fit in a shell word`;
  return `${hole === undefined ? 'undefined' : `a ${typeof hole}`} is not a reference`;
}

/** The variable for a value: one per distinct value, named after what it refers to. */
function hoist<S extends Scope>(
  value: StringRef<S> | Text<S>,
  names: Map<string, string>,
  env: HoistedEnv<S>[],
): string {
  const key = keyOf(value);
  const known = names.get(key);
  if (known !== undefined) return known;
  const reference = referenceOf(value);
  const base =
    reference === undefined ? 'V_TEXT' : `V_${reference.expression}`.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase();
  const taken = new Set(names.values());
  let name = base.replace(/_$/, '');
  for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`;
  names.set(key, name);
  env.push({ name, value });
  return name;
}

function keyOf(value: unknown): string {
  const parts = partsOf(value);
  if (parts !== undefined) return JSON.stringify(parts.map(keyOf));
  return typeof value === 'string' ? `=${value}` : `$${referenceOf(value)?.expression ?? ''}`;
}

/** The pieces without the first and last line break and without the indentation that the source file gave. */
function dedent(pieces: readonly string[]): readonly string[] {
  const whole = pieces.join('\0').replace(/^[ \t]*\n/, '');
  const lines = whole.split('\n').filter((line) => line.trim() !== '');
  const indent = lines.reduce((least, line) => Math.min(least, /^[ \t]*/.exec(line)?.[0].length ?? 0), whole.length);
  const cut = new RegExp(`^[ \\t]{0,${indent}}`, 'gm');
  return whole
    .replace(/\n[ \t]*$/, '')
    .replace(cut, '')
    .split('\0');
}
