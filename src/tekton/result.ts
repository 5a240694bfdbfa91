/** A result that is one string. */
export interface StringResult {
  readonly type: 'string';
  readonly description?: string;
}

/** A result that is a list of strings. */
export interface ArrayResult {
  readonly type: 'array';
  readonly description?: string;
}

/** A result that is an object with the keys `K`, each a string. */
export interface ObjectResult<K extends string = string> {
  readonly type: 'object';
  readonly properties: { readonly [P in K]: 'string' };
  readonly description?: string;
}

/** One output, made by {@link result}. */
export type ResultDef = StringResult | ArrayResult | ObjectResult;
/** Outputs by name: letters, digits, `-` and `_`. */
export type Results = { readonly [name: string]: ResultDef };

interface Described {
  readonly description?: string;
}

/**
 * The outputs of a Task, StepAction or step. Steps write them to `results.X.path`, without a trailing newline; all
 * results of one TaskRun share about 3 kB.
 *
 * @example results: { commit: result.string({ description: 'The commit that was checked out' }) }
 */
export const result = {
  string(options: Described = {}): StringResult {
    return { type: 'string', ...options };
  },
  array(options: Described = {}): ArrayResult {
    return { type: 'array', ...options };
  },
  object<const K extends string>(
    properties: { readonly [P in K]: 'string' },
    options: Described = {},
  ): ObjectResult<K> {
    return { type: 'object', properties, ...options };
  },
};
