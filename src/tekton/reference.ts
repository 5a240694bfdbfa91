/**
 * References are values, never strings. A reference knows which definition it belongs to, so one that is used in another
 * Task or Pipeline is found. Its type knows where it may be used, so most wrong uses do not compile.
 */

/**
 * Where a reference may be used. The words are chosen to be read in a compiler message:
 * `StringRef<"finally only">` is not assignable to `StringRef<"pipeline">`.
 */
export type Scope = 'task' | 'pipeline' | 'finally only' | 'pipeline result only';

/** The three kinds of value that Tekton knows. */
export type Kind = 'string' | 'array' | 'object';

/** What a reference points at. Tekton has different rules for each. */
export type Origin = 'param' | 'workspace' | 'result path' | 'context' | 'step result' | 'task result' | 'status';

/** The definition (or the step, or the pipeline node) that a reference belongs to; compared by identity. */
export interface Owner {
  readonly kind: 'Task' | 'Pipeline' | 'StepAction' | 'Step';
  readonly name: string;
}

/** The data of a reference. Internal to the core: authors never write one. */
export interface Reference<K extends Kind = Kind, S extends Scope = Scope> {
  readonly kind: K;
  readonly scope: S;
  /** Without `$(` and `)`, and without `[*]`: `params.url`, `tasks.clone.results.commit`. */
  readonly expression: string;
  readonly origin: Origin;
  readonly owner: Owner;
  /** The pipeline node that produces the value, if one does. */
  readonly node?: string;
  /** The name of the param, result or workspace it points at. */
  readonly name: string;
  /** The only values that it can have, if that is known. */
  readonly values?: readonly string[];
  /** Whether it collects the results of a matrix, which Tekton passes only as a whole. */
  readonly fanned?: true;
}

export const REFERENCE: unique symbol = Symbol.for('octopipeline.reference');
export const ITEMS: unique symbol = Symbol.for('octopipeline.items');
const TEXT: unique symbol = Symbol.for('octopipeline.text');

/** A reference to one string, such as a string param or the path of a workspace. */
export interface StringRef<S extends Scope = Scope> {
  readonly [REFERENCE]: Reference<'string', S>;
}

/**
 * A reference to a list of strings. Spread it where items go: `args: ['--', ...params.files]`; pass it whole where a
 * param takes an array; `at(0)` is one item. It cannot be part of a string.
 */
export interface ArrayRef<S extends Scope = Scope> extends Iterable<ArrayItems<S>> {
  readonly [REFERENCE]: Reference<'array', S>;
  at(index: number): StringRef<S>;
}

/** All items of an array reference, as one entry of a list: what `...params.files` puts there. */
export interface ArrayItems<S extends Scope = Scope> {
  readonly [ITEMS]: Reference<'array', S>;
}

/** A reference to an object with fixed keys: pass it whole, or one key: `params.image.digest`. */
export type ObjectRef<K extends string = string, S extends Scope = Scope> = {
  readonly [REFERENCE]: Reference<'object', S>;
} & { readonly [N in K]: StringRef<S> };

/** Literals and string references joined into one string; made by {@link text} and {@link flag}. */
export interface Text<S extends Scope = Scope> {
  readonly [TEXT]: { readonly scope: S; readonly parts: readonly (string | StringRef<S>)[] };
}

/** One string: a literal, a reference, or both joined. */
export type Value<S extends Scope = Scope> = string | StringRef<S> | Text<S>;

/** The reference inside a value, if it is one. */
export function referenceOf(value: unknown): Reference | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (REFERENCE in value) return value[REFERENCE] as Reference;
  if (ITEMS in value) return value[ITEMS] as Reference;
  return undefined;
}

/** The parts of a composed text, if the value is one. */
export function partsOf(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null || !(TEXT in value)) return undefined;
  return (value[TEXT] as { parts: readonly unknown[] }).parts;
}

/** Whether the value stands for all items of an array (`...params.files`). */
export function isItems(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ITEMS in value;
}

/**
 * Joins literals and string references into one string, for `args`, `env`, and values passed to a Task.
 * Never for scripts: those have `sh`.
 *
 * @example args: [text`--url=${params.url}`]
 */
export function text<S extends Scope = never>(
  literals: TemplateStringsArray,
  ...holes: readonly (StringRef<S> | string | number)[]
): Text<S> {
  const parts: (string | StringRef<S>)[] = [];
  literals.forEach((literal, index) => {
    if (literal !== '') parts.push(literal);
    const hole = holes[index];
    if (index < literals.length - 1) parts.push(Number.isFinite(hole) ? String(hole) : part(hole));
  });
  return composed(parts);
}

/** What was joined, whatever it is: validation says where something that is no string stands. */
function part<S extends Scope>(hole: unknown): string | StringRef<S> {
  return hole as string | StringRef<S>;
}

/** A part that cannot be right, kept until validation can say where it is. */
export class Refused {
  readonly message: string;
  readonly hint: string;

  constructor(message: string, hint: string) {
    this.message = message;
    this.hint = hint;
  }
}

class Composed<S extends Scope> implements Text<S> {
  readonly [TEXT]: { readonly scope: S; readonly parts: readonly (string | StringRef<S>)[] };

  constructor(parts: readonly (string | StringRef<S>)[]) {
    this[TEXT] = { scope: undefined as unknown as S, parts };
  }

  /** As a reference does it. */
  toString(): string {
    return written(this);
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A text from its parts. */
function composed<S extends Scope>(parts: readonly (string | StringRef<S>)[]): Text<S> {
  return new Composed(parts);
}

/** The name of a flag; with dashes it becomes a sentence, which the compiler prints. */
type FlagName<N extends string> = N extends `-${string}` ? 'the name of a flag without its dashes' : N;

/**
 * One command-line flag as one argument, so that a value can never become a second flag.
 *
 * @param name without dashes
 * @example args: ['git-clone', flag('url', params.url)] // --url=$(params.url)
 */
export function flag<N extends string, S extends Scope = never>(
  name: FlagName<N>,
  value: StringRef<S> | Text<S> | string | number | boolean,
): Text<S> {
  if (!/^[^-\s=][^\s=]*$/.test(name)) {
    return composed([
      part(new Refused(`"${name}" is not the name of a flag`, 'write it without dashes: url, dry-run')),
    ]);
  }
  const parts = partsOf(value) as readonly (string | StringRef<S>)[] | undefined;
  if (parts !== undefined) return composed([`--${name}=`, ...parts]);
  const plain = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  return composed(plain ? [`--${name}=${value}`] : [`--${name}=`, part(value)]);
}

/** The text Tekton reads for a value: `$(params.url)`, or `$(params.files[*])` for a whole array or object. */
export function written(value: unknown): string {
  if (typeof value === 'string') return value;
  const parts = partsOf(value);
  if (parts !== undefined) return parts.map(written).join('');
  const reference = referenceOf(value);
  if (reference === undefined) return String(value);
  return reference.kind === 'string' ? `$(${reference.expression})` : `$(${reference.expression}[*])`;
}
