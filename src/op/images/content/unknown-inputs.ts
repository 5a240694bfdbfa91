import { isSyntaxBuiltIn } from '../buildkit/syntax.js';
import { linesOf, readDirectives } from '../dockerfile/directives.js';
import { type Instruction, parseDockerfile, splitWords } from '../dockerfile/parse.js';
import type { BuildArgs } from '../dockerfile/stages.js';

/** The flags that are understood, for each instruction that is. ONBUILD is not: it acts in a later stage. */
const understood: Readonly<Record<string, readonly string[]>> = {
  ...{ ARG: [], CMD: [], ENTRYPOINT: [], ENV: [], EXPOSE: [], LABEL: [], MAINTAINER: [], SHELL: [], STOPSIGNAL: [] },
  ...{ USER: [], VOLUME: [], WORKDIR: [] },
  ADD: ['chmod', 'chown', 'exclude', 'link'],
  COPY: ['chmod', 'chown', 'exclude', 'from', 'link', 'parents'],
  FROM: ['platform'],
  HEALTHCHECK: ['interval', 'retries', 'start-interval', 'start-period', 'timeout'],
  RUN: ['mount', 'network', 'security'],
};

const mountOptions = new Set(
  'type from source src target dst destination id sharing size required mode uid gid env rw readwrite ro readonly'.split(
    ' ',
  ),
);

/** BuildKit sets them itself. */
const platformVariable = /\b(?:(?:BUILD|TARGET)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT)|TARGETSTAGE)\b/u;

/**
 * Why not everything that a Dockerfile takes in from outside of its context is known; undefined when it is. Only forms that are
 * certain to mean the same to BuildKit pass: whatever is left out here costs a build, never an old image.
 */
export function whyInputsUnknown(text: string, buildArgs: BuildArgs): string | undefined {
  if ('BUILDKIT_SYNTAX' in buildArgs || !isSyntaxBuiltIn(text)) return 'its Dockerfile asks for a frontend of its own';
  if (/[^\S \t\r\n]|\r(?!\n)|\0/u.test(text.replace(/^\ufeff/u, ''))) return 'its Dockerfile has unusual white space';
  const directives = readDirectives(text);
  const comments = linesOf(text).filter((line) => /^\s*#\s*escape\s*=/iu.test(line));
  if (text.startsWith('#!') || comments.length > (directives.escape === undefined ? 0 : 1)) {
    return 'its Dockerfile has a comment that may be the directive escape';
  }
  const { instructions, escapeToken } = parseDockerfile(text);
  const first = instructions.findIndex(({ keyword }) => keyword === 'FROM');
  for (const [index, instruction] of instructions.entries()) {
    const why = whyUnknown(instruction, escapeToken, index < first);
    if (why !== undefined) return `its Dockerfile has ${why}`;
  }
  return undefined;
}

function whyUnknown(instruction: Instruction, escapeToken: string, global: boolean): string | undefined {
  const { keyword, flags, rest } = instruction;
  const known = understood[keyword];
  if (known === undefined) return `${keyword.slice(0, 20)}, whose inputs are not known`;
  for (const flag of flags) {
    const [, name = '', value = ''] = /^--([a-z-]+)(?:=([^"'`\\]*))?$/u.exec(flag) ?? [];
    if (!known.includes(name)) return `${keyword} with a flag that is not known`;
    if (name === 'from' && !isPlain(value)) return 'COPY --from with a variable';
    if (name === 'mount' && !isMountKnown(value)) return 'RUN --mount in a form that is not known';
  }
  if (rest.startsWith('--')) return `${keyword} with a flag that is not known`;
  if ((keyword === 'FROM' || (keyword === 'ARG' && global)) && platformVariable.test(rest)) {
    return `${keyword} with a variable of the platform`;
  }
  if (keyword === 'FROM' && /^\d+(?:\s|$)/u.test(rest)) return 'FROM with a number';
  const words = splitWords(rest, escapeToken);
  if (
    ['ADD', 'COPY', 'RUN'].includes(keyword) &&
    rest.includes('<<') &&
    !(words.every(isPlainOrHeredoc) && escapeToken === '\\')
  ) {
    return `${keyword} with << in a form that is not known`;
  }
  if (keyword === 'ADD' && !words.slice(0, -1).every(isLocal))
    return 'ADD of something other than files of the context';
  return undefined;
}

/**
 * BuildKit looks for heredocs with a shell's rules, always with the backslash, and finds none in a line that breaks them: so there must be
 * nothing that these rules are about. Source: heredocsFromLine, frontend/dockerfile/parser/parser.go.
 */
const isPlainOrHeredoc = (word: string) => isHeredoc(word) || !/<<|["'`$\\]/u.test(word);

const isHeredoc = (word: string) => /^<<-?(?:\w+|"\w+"|'\w+')$/u.test(word);

/** No variable: the environment of a base image, which is not read, may change its value. */
const isPlain = (name: string) => /^[\w./:@-]+$/u.test(name);

const isMountKnown = (value: string) =>
  value.split(',').every((part) => {
    const [, key = '', given = ''] = /^([a-z]+)(?:=(.*))?$/u.exec(part) ?? [];
    return mountOptions.has(key) && (key !== 'from' || isPlain(given));
  });

/** Not a URL, and nothing that BuildKit takes for a Git repository, such as `github.com/a/b` or `a.git`. */
const isLocal = (word: string) =>
  isHeredoc(word) || (/^[\w./*?-]+$/u.test(word) && !word.startsWith('github.com/') && !/\.git$/u.test(word));
