/**
 * The options of op as data: one typed value each, as `param.*` is for Tasks. The command line, its help, the type of the request and
 * the params of Tasks all come from it. Nothing here depends on a command line library, because the Tasks import these lists too.
 */
import { type DurationText, parseDuration } from './duration.js';

interface Described {
  /** The placeholder for the value in the help, such as `<dir>`. */
  readonly value?: string;
  /** The one-letter form, without its dash. */
  readonly letter?: string;
  /** Other names of the option, as typed, without dashes. */
  readonly aliases?: readonly string[];
  /** Left out of the help. */
  readonly hidden?: true;
  /** A flag that takes no value: the word after it is one of the command line. */
  readonly plain?: true;
  /** An environment variable that also sets the value; shown in the help. */
  readonly variable?: string;
}

/** Why a command cannot run without an option, and what to type. */
export interface Required {
  readonly why: string;
  readonly hint: string;
}

/** One option: a flag of op, and the value that a command gets from it. */
export interface Option<Value = unknown> extends Described {
  readonly kind: 'text' | 'flag' | 'choice' | 'list' | 'repeatable' | 'count' | 'duration';
  readonly value: string;
  /** What it does, for the help and for the param of a Task: starts in lower case, ends without a full stop. */
  readonly sentence: string;
  /** The format of a value, or that it is repeatable; follows the sentence in the help. */
  readonly format: string;
  /** What applies when it is not given: a description, or the value itself. */
  readonly otherwise?: string | undefined;
  /** The default as one would type it; empty if there is none. */
  readonly default: string;
  readonly required?: Required | undefined;
  /** All allowed values, if there are only a few. */
  readonly words?: readonly string[];
  /** The value of the flag when it is typed without one. */
  readonly bare?: string | undefined;
  /** Why a non-empty text is invalid; undefined if it is valid. */
  readonly problemOf: (text: string) => string | undefined;
  /** The value for the texts that were given, which are never empty; for none, the default. */
  readonly valueOf: (texts: readonly string[]) => Value;
}

/** Options by name in camel case: `skaffoldFile` is `--skaffold-file`. */
export interface Options {
  readonly [name: string]: Option;
}

/** The values of a command's options. An option without a default may be missing. */
export type RequestOf<O extends Options> = {
  readonly [N in keyof O as undefined extends ValueOf<O[N]> ? never : N]: ValueOf<O[N]>;
} & {
  readonly [N in keyof O as undefined extends ValueOf<O[N]> ? N : never]?: ValueOf<O[N]>;
};

type ValueOf<O> = O extends Option<infer Value> ? Value : never;

/** The name of an option as typed, without dashes. */
export const flagNameOf = (name: string): string => name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);

/** The description of an option in the help. */
export function describeOption({ sentence, format, variable, otherwise }: Option): string {
  const also = variable === undefined ? '' : `; also ${variable}`;
  return `${sentence}${format}${also}${otherwise === undefined ? '' : ` (default: ${otherwise})`}`;
}

interface TextParts extends Described {
  /** Describes what applies when it is not given. */
  readonly otherwise?: string;
}

/** A text option that always has a value. */
export interface RequiredText extends Option<string> {
  readonly required: Required;
}

function text(sentence: string, parts: Described & { readonly required: Required }): RequiredText;
function text(sentence: string, parts: Described & { readonly default: string }): Option<string>;
function text(sentence: string, parts?: TextParts): Option<string | undefined>;
function text(
  sentence: string,
  parts: TextParts & { readonly default?: string; readonly required?: Required } = {},
): Option<string | undefined> {
  return {
    kind: 'text',
    format: '',
    value: '<text>',
    otherwise: parts.default || undefined,
    ...parts,
    sentence,
    default: parts.default ?? '',
    problemOf: () => undefined,
    valueOf: (texts) => texts.at(-1) ?? parts.default,
  };
}

/** An option that is on or off. */
export interface Flag extends Option<boolean> {
  readonly kind: 'flag';
  readonly words: readonly ['true', 'false'];
}

function flag(sentence: string, parts: Described & { readonly default?: boolean } = {}): Flag {
  const byDefault = `${parts.default ?? false}`;
  return {
    ...parts,
    kind: 'flag',
    sentence,
    format: '',
    value: '[true|false]',
    words: ['true', 'false'],
    otherwise: byDefault,
    default: byDefault,
    bare: 'true',
    problemOf: (text) => (text === 'true' || text === 'false' ? undefined : 'Use true or false.'),
    valueOf: (texts) => (texts.at(-1) ?? byDefault) === 'true',
  };
}

/** An option with a fixed set of values. */
export interface Choice<Word extends string, Value = Word> extends Option<Value> {
  readonly kind: 'choice';
  readonly words: readonly Word[];
}

interface ChoiceParts<Word extends string> extends Described {
  /** The value of the flag when it is typed without one. */
  readonly bare?: Word;
}

function choice<const Word extends string>(
  sentence: string,
  words: readonly Word[],
  parts: ChoiceParts<NoInfer<Word>> & { readonly default: NoInfer<Word> },
): Choice<Word>;
function choice<const Word extends string>(
  sentence: string,
  words: readonly Word[],
  parts?: ChoiceParts<NoInfer<Word>>,
): Choice<Word, Word | undefined>;
function choice<const Word extends string>(
  sentence: string,
  words: readonly Word[],
  parts: ChoiceParts<Word> & { readonly default?: Word } = {},
): Choice<Word, Word | undefined> {
  return {
    value: '<word>',
    ...parts,
    kind: 'choice',
    sentence,
    format: `: ${words.join(', ')}`,
    words,
    otherwise: parts.default,
    default: parts.default ?? '',
    problemOf: (text) => (words.some((word) => word === text) ? undefined : `Use one of ${words.join(', ')}.`),
    valueOf: (texts) => words.find((word) => word === texts.at(-1)) ?? parts.default,
  };
}

const many = { default: '', problemOf: () => undefined } as const;

interface ListParts extends TextParts {
  /** Why an item is invalid; undefined if it is valid. */
  readonly problemOfItem?: (item: string) => string | undefined;
}

/** Repeatable, and each value may be a comma-separated list. */
function list(sentence: string, { problemOfItem, ...parts }: ListParts = {}): Option<readonly string[]> {
  return {
    value: '<item>',
    ...parts,
    ...many,
    kind: 'list',
    sentence,
    format: ' (repeatable, or comma-separated)',
    problemOf: (text) => itemsOf(text).flatMap((item) => problemOfItem?.(item) ?? [])[0],
    valueOf: (texts) => texts.flatMap(itemsOf),
  };
}

const itemsOf = (text: string) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** Repeatable; each value is used exactly as typed. */
function repeatable(sentence: string, parts: TextParts = {}): Option<readonly string[]> {
  return {
    value: '<item>',
    ...parts,
    ...many,
    kind: 'repeatable',
    sentence,
    format: ' (repeatable)',
    valueOf: (texts) => texts,
  };
}

/** A whole number of at least 1. */
function count(sentence: string, parts: Described & { readonly default: number }): Option<number> {
  return {
    value: '<number>',
    ...parts,
    kind: 'count',
    sentence,
    format: '',
    otherwise: `${parts.default}`,
    default: `${parts.default}`,
    problemOf: (text) => (/^[1-9]\d{0,5}$/u.test(text) ? undefined : 'Use a whole number, 1 or more.'),
    valueOf: (texts) => Number(texts.at(-1) ?? parts.default),
  };
}

/** The longest delay of a Node.js timer in milliseconds, 596 hours; with more it fires at once. */
const longest = 2 ** 31 - 1;

/** An option that is a duration; its value is in milliseconds. */
export interface DurationOption extends Option<number> {
  readonly kind: 'duration';
  readonly default: DurationText;
}

function duration(sentence: string, parts: Described & { readonly default: DurationText }): DurationOption {
  return {
    value: '<duration>',
    ...parts,
    kind: 'duration',
    sentence,
    format: ', such as 90s, 10m or 1h30m',
    otherwise: parts.default,
    problemOf: (text) => {
      const milliseconds = parseDuration(text);
      if (milliseconds === undefined) return 'Use a duration such as 90s, 10m or 1h30m.';
      return (milliseconds > 0 || text === parts.default) && milliseconds <= longest
        ? undefined
        : 'Use more than 0, and at most 596h.';
    },
    valueOf: (texts) => parseDuration(texts.at(-1) ?? parts.default) ?? 0,
  };
}

/**
 * Makes an option.
 *
 * @example
 * const options = {
 *   url: option.text('repository to clone', { value: '<url>' }),
 *   submodules: option.flag('fetch submodules too', { default: true }),
 *   timeout: option.duration('time limit for the whole command', { default: '10m' }),
 * };
 * type Request = RequestOf<typeof options>; // { url?: string, submodules: boolean, timeout: number }
 */
export const option = { text, flag, choice, list, repeatable, count, duration };
