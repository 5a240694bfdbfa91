/** Tekton's substitution (pkg/substitution of v1.15.0): one pass over a text; what is not known stays as text; there is no escape. */
import type { WireValue } from '../../tekton/wire/task.js';
import type { Variables } from '../contract.js';

export { contextVariables, taskVariables } from './names.js';
export { paramVariables } from './params.js';

/** A key of an object param can be any text, with `)` in it too: at most this often, so that long texts take no long time. */
const mostCloses = 4;
const longestKey = 1024;

/** Replaces `$(key)` by its string. Values are not looked at again; arrays and objects leave the text as it is. */
export function substitute(text: string, variables: Variables): string {
  let done = '';
  let from = 0;
  let close = -1;
  for (let open = text.indexOf('$('); open !== -1; open = text.indexOf('$(', Math.max(open + 1, from))) {
    // The next `)` is looked for once, not once for each `$(` before it.
    if (close < open) close = text.indexOf(')', open);
    if (close === -1) break;
    const found = reference(text, open, close, variables);
    if (found === undefined) continue;
    done += text.slice(from, open) + found.value;
    from = found.end;
  }
  return done + text.slice(from);
}

function reference(
  text: string,
  open: number,
  firstClose: number,
  variables: Variables,
): { value: string; end: number } | undefined {
  for (let count = 0, close = firstClose; close !== -1 && close - open <= longestKey && count < mostCloses; count++) {
    const value = variables.get(text.slice(open + 2, close));
    if (typeof value === 'string') return { value, end: close + 1 };
    close = text.indexOf(')', close + 1);
  }
  return undefined;
}

/** As `substitute` for every item; an item that is exactly `$(a)` or `$(a[*])` of an array becomes its items. */
export function substituteList(items: readonly string[], variables: Variables): string[] {
  return items.flatMap((item) => arrayOf(item, variables) ?? [substitute(item, variables)]);
}

function arrayOf(item: string, variables: Variables): readonly string[] | undefined {
  if (!item.startsWith('$(') || !item.endsWith(')')) return undefined;
  const key = item.slice(2, -1);
  for (const name of key.endsWith('[*]') ? [key, key.slice(0, -3)] : [key]) {
    const value = variables.get(name);
    if (isArray(value)) return value;
  }
  return undefined;
}

const isolated = /^\$\([_a-zA-Z0-9.-]+(\.[_a-zA-Z0-9.-]+)*(\[([0-9]+|\*)\])?\)$/;

/** The value of a param: a string that is only `$(params.a[*])` or `$(params.o[*])` becomes that array or object. */
export function substituteValue(value: WireValue, variables: Variables): WireValue {
  if (isArray(value)) return substituteList(value, variables);
  if (typeof value !== 'string') {
    return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, substitute(text, variables)]));
  }
  if (!isolated.test(value)) return substitute(value, variables);
  const whole = variables.get(value.slice(2, -1).replace(/\[\*\]$/, ''));
  return whole === undefined || typeof whole === 'string' ? substitute(value, variables) : whole;
}

/** Every string in a JSON value, lists as `substituteList` does; names of fields stay. */
export function substituteAll<T>(value: T, variables: Variables): T {
  return walk(value, variables) as T;
}

function walk(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return substitute(value, variables);
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown) =>
      typeof item === 'string' ? substituteList([item], variables) : [walk(item, variables)],
    );
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, variables)]));
}

export function isArray(value: WireValue | undefined): value is readonly string[] {
  return Array.isArray(value);
}
