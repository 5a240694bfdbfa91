import { flagNameOf, type Option, type Options } from '../../src/op/kit/options/option.js';
import { type Duration, flag, type StringRef, type Text } from '../../src/tekton/index.js';
import type { StringParam } from '../../src/tekton/param.js';

type NameOf<O extends Options> = keyof O & string;

/** What a param may hold that is an option. */
type LiteralOf<O> = O extends { readonly words: readonly (infer Word extends string)[] }
  ? Word
  : O extends { readonly kind: 'duration' }
    ? Duration
    : string;

/** A param that differs from its option. */
interface Different<O extends Options, N extends NameOf<O>> {
  readonly option: N;
  readonly default?: LiteralOf<O[N]> | (O[N] extends { readonly kind: 'count' } ? '' : never);
  /** The param needs a value although the option does not. */
  readonly required?: true;
  /** Fewer words than the option allows. */
  readonly words?: readonly LiteralOf<O[N]>[];
  /** Instead of the option's sentence. */
  readonly description?: string;
}

/** The option of a param: its name, or in what the param differs from it. */
type Entry<O extends Options> = NameOf<O> | { readonly [N in NameOf<O>]: Different<O, N> }[NameOf<O>];

type ParamOf<O extends Options, E> = E extends { readonly required: true }
  ? StringParam<string, 'required'>
  : E extends { readonly words: readonly (infer Word extends string)[] }
    ? StringParam<Word, 'optional'>
    : E extends { readonly option: infer N extends NameOf<O> }
      ? ParamOfOption<O[N]>
      : E extends NameOf<O>
        ? ParamOfOption<O[E]>
        : never;

type ParamOfOption<O> = O extends { readonly required: object }
  ? StringParam<string, 'required'>
  : StringParam<LiteralOf<O>, 'optional'>;

/** Values of options by their names. */
type Fixed<O extends Options> = { readonly [N in NameOf<O>]?: Value };

type Value = StringRef<'task'> | Text<'task'> | string;

type Refs = Readonly<Record<string, StringRef<'task'>>>;

/** Params of a Task that are options of op, and the flags that pass them on. */
export interface OptionParams<O extends Options, M> {
  readonly params: { readonly [P in keyof M]: ParamOf<O, M[P]> };
  /**
   * The flags for the params and for other options, in the order of the options.
   * @param fixed values of options that have no param, such as paths of workspaces, or that are made from their param
   */
  flags(params: { readonly [P in keyof M]: StringRef<'task'> }, fixed?: Fixed<O>): readonly Text<'task'>[];
}

/**
 * Makes params of a Task from options of op: type, default and description of a param are those of its option. The lists of options are
 * all that `tasks/` imports from `src/op`: they are pure data, and load no package.
 *
 * @param entries the option of each param
 * @example
 * const clone = optionParams(cloneOptions, { url: 'url', 'clone-timeout': { option: 'timeout', default: '20m' } });
 * task('clone', { params: clone.params, steps: ({ params, workspaces }) => [{
 *   name: 'clone', image, command: ['op'],
 *   args: ['git-clone', ...clone.flags(params, { destination: workspaces.source.path })],
 * }] });
 */
export function optionParams<const O extends Options, const M extends { readonly [param: string]: Entry<O> }>(
  options: O,
  entries: M,
): OptionParams<O, M>;
export function optionParams(options: Options, entries: Readonly<Record<string, string | AnyDifferent>>) {
  const mapped = Object.entries(entries).map(([name, entry]) =>
    typeof entry === 'string' ? { name, option: entry } : { ...entry, name },
  );
  return {
    params: Object.fromEntries(mapped.map((entry) => [entry.name, paramOf(optionOf(options, entry.option), entry)])),
    flags: (params: Refs, fixed: Readonly<Record<string, Value | undefined>> = {}) => {
      const given = Object.fromEntries(mapped.map(({ name, option }) => [option, params[name]]));
      const values: Readonly<Record<string, Value | undefined>> = { ...given, ...fixed };
      return Object.keys(options).flatMap((option) => {
        const value = values[option];
        return value === undefined ? [] : [flag(flagNameOf(option), value)];
      });
    },
  };
}

/** The flags of options that no param is for, such as the paths of workspaces. */
export const optionFlags = <const O extends Options>(options: O, fixed: Fixed<O>): readonly Text<'task'>[] =>
  optionParams(options, {}).flags({}, fixed);

function optionOf(options: Options, name: string): Option {
  const found = options[name];
  if (found === undefined) throw new Error(`op has no option ${name}`);
  return found;
}

interface AnyDifferent {
  readonly option: string;
  readonly default?: string;
  readonly required?: true;
  readonly words?: readonly string[];
  readonly description?: string;
}

function paramOf(option: Option, different: Omit<AnyDifferent, 'option'>): StringParam {
  const { default: own, required, words = option.words, description } = different;
  const format = option.kind === 'duration' ? ({ format: 'duration' } as const) : {};
  if (required || option.required !== undefined) {
    return { type: 'string', need: 'required', description: description ?? sentenceOf(option, true) };
  }
  const value = own ?? option.default;
  return {
    type: 'string',
    need: 'optional',
    default: value,
    description: description ?? sentenceOf(option, value !== ''),
    ...(words === undefined ? {} : { values: words }),
    ...format,
  };
}

/** The sentence of an option as a description; what applies without a value is said only when the param shows no default. */
function sentenceOf({ sentence, kind, otherwise }: Option, showsDefault: boolean): string {
  const notes = [
    ...(kind === 'list' ? ['comma-separated'] : []),
    ...(showsDefault || otherwise === undefined ? [] : [`default: ${otherwise}`]),
  ];
  const capitalized = `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;
  return notes.length === 0 ? capitalized : `${capitalized} (${notes.join('; ')})`;
}
