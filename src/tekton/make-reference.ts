import {
  type ArrayItems,
  type ArrayRef,
  ITEMS,
  type ObjectRef,
  REFERENCE,
  type Reference,
  type Scope,
  type StringRef,
} from './reference.js';

class StringReference<S extends Scope> implements StringRef<S> {
  readonly [REFERENCE]: Reference<'string', S>;

  constructor(reference: Reference<'string', S>) {
    this[REFERENCE] = reference;
  }

  /** A reference pasted into a plain template literal or JSON shows itself, and validation refuses the `$(` with its path. */
  toString(): string {
    return `$(${this[REFERENCE].expression})`;
  }

  toJSON(): string {
    return this.toString();
  }
}

class ArrayReference<S extends Scope> implements ArrayRef<S> {
  readonly [REFERENCE]: Reference<'array', S>;

  constructor(reference: Reference<'array', S>) {
    this[REFERENCE] = reference;
  }

  at(index: number): StringRef<S> {
    const whole = this[REFERENCE];
    return stringRef({ ...whole, kind: 'string', expression: `${whole.expression}[${index}]` });
  }

  *[Symbol.iterator](): Iterator<ArrayItems<S>> {
    yield new AllItems(this[REFERENCE]);
  }

  toString(): string {
    return `$(${this[REFERENCE].expression}[*])`;
  }

  toJSON(): string {
    return this.toString();
  }
}

class AllItems<S extends Scope> implements ArrayItems<S> {
  readonly [ITEMS]: Reference<'array', S>;

  constructor(reference: Reference<'array', S>) {
    this[ITEMS] = reference;
  }

  toString(): string {
    return `$(${this[ITEMS].expression}[*])`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Makes a string reference. */
export function stringRef<S extends Scope>(reference: Reference<'string', S>): StringRef<S> {
  return new StringReference(reference);
}

/** Makes an array reference. */
export function arrayRef<S extends Scope>(reference: Reference<'array', S>): ArrayRef<S> {
  return new ArrayReference(reference);
}

/** Makes an object reference; each key becomes a string reference. */
export function objectRef<S extends Scope>(
  reference: Reference<'object', S>,
  keys: readonly string[],
): ObjectRef<string, S> {
  const whole: Record<PropertyKey, unknown> = { [REFERENCE]: reference };
  for (const key of keys) {
    whole[key] = stringRef({ ...reference, kind: 'string', expression: `${reference.expression}.${key}` });
  }
  for (const name of ['toString', 'toJSON']) {
    Object.defineProperty(whole, name, { value: () => `$(${reference.expression}[*])`, enumerable: false });
  }
  return whole as ObjectRef<string, S>;
}

/** A name inside an expression: names with a dot need brackets, or the dot would read as an object key. */
export function named(prefix: string, name: string): string {
  return name.includes('.') ? `${prefix}["${name}"]` : `${prefix}.${name}`;
}
