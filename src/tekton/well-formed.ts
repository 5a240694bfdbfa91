import { CatalogError, type Problem } from './problem.js';
import { isRecord } from './record.js';
import { kindOf } from './validate/kind.js';

/** What a value must be for the core to read it at all. Whether it is right is what validation says. */
type Form = 'list' | 'object' | 'text';

const ofContainer: Readonly<Record<string, Form>> = {
  ...{ command: 'list', args: 'list', volumeMounts: 'list', workspaces: 'list', ports: 'list' },
  env: 'object',
};

/**
 * Refuses what code that nobody compiled can pass: a missing list, an item that is undefined, a text for a list.
 *
 * @param root what messages call it: `task/lint`
 * @param parts by the names of fields: the value, and its form
 * @throws CatalogError with all of them
 */
export function assertForms(
  root: string,
  parts: { readonly [path: string]: readonly [value: unknown, form: Form] },
): void {
  const problems = Object.entries(parts).flatMap(([path, [value, form]]) => problemsOf(root, path, value, form));
  if (problems.length > 0) throw new CatalogError(problems);
}

/** Refuses a list of steps, sidecars or volumes in which something is no object, or has a text where a list must be. */
export function assertItems(root: string, lists: { readonly [field: string]: unknown }): void {
  assertForms(root, Object.fromEntries(Object.entries(lists).map(([field, list]) => [field, [list, 'list'] as const])));
  const problems = Object.entries(lists).flatMap(([field, list]) =>
    (Array.isArray(list) ? list : []).flatMap((item: unknown, index) => {
      const path = `${field}[${index}]`;
      if (!isRecord(item)) return problemsOf(root, path, item, 'object');
      return Object.entries(ofContainer).flatMap(([name, form]) =>
        item[name] === undefined ? [] : problemsOf(root, `${path} > ${name}`, item[name], form),
      );
    }),
  );
  if (problems.length > 0) throw new CatalogError(problems);
}

/** Refuses what is no definition of a kind. */
export function assertKind(root: string, value: unknown, kind: string): void {
  if (isRecord(value) && value.kind === kind) return;
  throw new CatalogError([{ path: root, message: `needs a ${kind}, but got ${kindOf(value)}`, hint: tscHint }]);
}

function problemsOf(root: string, path: string, value: unknown, form: Form): Problem[] {
  const fits = form === 'list' ? Array.isArray(value) : form === 'object' ? isRecord(value) : typeof value === 'string';
  if (fits) return [];
  const wanted = { list: 'a list', object: 'an object', text: 'a string' }[form];
  return [{ path: `${root} > ${path}`, message: `is ${kindOf(value)}, but ${wanted} is required here`, hint: tscHint }];
}

const tscHint = 'run tsc: it finds this where it is written';
