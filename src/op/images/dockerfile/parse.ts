import { linesOf, readDirectives } from './directives.js';

/** One instruction of a Dockerfile, comments and heredocs removed and continued lines joined. */
export interface Instruction {
  /** Upper case, such as `FROM`. */
  readonly keyword: string;
  /** Flags before the arguments, such as `--platform=linux/amd64`. */
  readonly flags: readonly string[];
  /** The text after the flags, as it is written: variables are not substituted. */
  readonly rest: string;
}

/** A Dockerfile, without the meaning of its instructions. */
export interface Dockerfile {
  /** The escape character: a backslash, or a backtick when the directive `# escape=` says so. */
  readonly escapeToken: string;
  readonly instructions: readonly Instruction[];
}

/**
 * Parses the text of a Dockerfile. It never fails: BuildKit reports errors better when it builds.
 * @see https://docs.docker.com/reference/dockerfile/#format
 */
export function parseDockerfile(text: string): Dockerfile {
  const lines = linesOf(text);
  const escapeToken = readDirectives(text).escape === '`' ? '`' : '\\';
  const continued = escapeToken === '`' ? /(^|[^`])`[ \t]*$/u : /(^|[^\\])\\[ \t]*$/u;
  const instructions: Instruction[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    if (isIgnored(lines[at])) continue;
    let whole = lines[at] ?? '';
    while (continued.test(whole) && at + 1 < lines.length) {
      at += 1;
      // Comments and empty lines between continued lines do not end the instruction.
      if (!isIgnored(lines[at])) whole = whole.replace(continued, '$1') + lines[at];
    }
    const instruction = toInstruction(whole.replace(continued, '$1').trim());
    instructions.push(instruction);
    for (const end of heredocEnds(instruction, escapeToken)) at = endOfHeredoc(lines, at, end);
  }
  return { escapeToken, instructions };
}

const isIgnored = (line = '') => /^\s*(?:#|$)/u.test(line);

function toInstruction(text: string): Instruction {
  const [, keyword = '', flags = '', rest = ''] = /^(\S+)((?:\s+--\S+)*)\s*(.*)$/su.exec(text) ?? [];
  return { keyword: keyword.toUpperCase(), flags: flags.split(/\s+/u).filter(Boolean), rest };
}

interface HeredocEnd {
  readonly word: string;
  /** Whether tabs before the word are ignored: `<<-EOF`. */
  readonly indented: boolean;
}

/** The words that end the heredocs of an instruction. Source: BuildKit, parser.go, heredocsFromLine. */
function heredocEnds({ keyword, rest }: Instruction, escapeToken: string): readonly HeredocEnd[] {
  if (!['ADD', 'COPY', 'RUN'].includes(keyword)) return [];
  return splitWords(rest, escapeToken).flatMap((word) => {
    const [, dash, name = ''] = /^\d*<<(-?)([^<]+)$/u.exec(word) ?? [];
    return name === '' ? [] : [{ word: name.replace(/["']/gu, ''), indented: dash === '-' }];
  });
}

/** The line that ends a heredoc which starts after line `from`; `from` when nothing ends it. */
function endOfHeredoc(lines: readonly string[], from: number, { word, indented }: HeredocEnd): number {
  const end = lines.findIndex((line, index) => index > from && (indented ? line.replace(/^\t+/u, '') : line) === word);
  return end < 0 ? from : end;
}

/** The words of a line, with their quotes: spaces within quotes do not separate words. */
export const splitWords = (text: string, escapeToken: string): readonly string[] =>
  text.match(
    escapeToken === '`' ? /(?:`.|"(?:`.|[^"`])*"|'[^']*'|[^\s])+/gsu : /(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s])+/gsu,
  ) ?? [];
