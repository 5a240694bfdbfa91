import type { Report } from '../problem.js';
import { isRecord } from '../record.js';
import { partsOf, referenceOf } from '../reference.js';
import fields from '../schema/fields.json' with { type: 'json' };
import { kindOf } from './kind.js';
import { reportUndefined } from './known-fields.js';
import { didYouMean, nearest } from './names.js';

/**
 * The fields of Tekton's Go types, and of Kubernetes' that they contain: for every type its fields and their types. Written by
 * test/parity/local/fields.test.ts from the types themselves.
 */
const table: Readonly<Record<string, Readonly<Record<string, string>>>> = fields;

/** The Go type of an object, such as `v1.Task`. */
export function typeOfObject(apiVersion: string, kind: string): string | undefined {
  return table['']?.[`${apiVersion}/${kind}`];
}

/**
 * Checks the names and the kinds of all fields of plain data, at every depth, as the API server and Tekton's webhook do.
 *
 * @param type a Go type, such as `core/v1.SecurityContext`; before it `[]` for a list, `{}` for a map
 */
export function checkShape(type: string, value: unknown, path: string, report: Report): void {
  // References are checked where they are allowed.
  if (referenceOf(value) !== undefined || partsOf(value) !== undefined) return;
  if (value === undefined) reportUndefined(path, report);
  else if (type.startsWith('[]')) checkList(type.slice(2), value, path, report);
  else if (type.startsWith('{}')) checkMap(type.slice(2), value, path, report);
  else if (table[type] !== undefined) checkStruct(type, value, path, report);
  else checkScalar(type, value, path, report);
}

function checkList(type: string, value: unknown, path: string, report: Report): void {
  if (!Array.isArray(value)) {
    wrong(value, 'a list', path, report);
    return;
  }
  value.forEach((item: unknown, index) => {
    checkShape(type, item, `${path}[${index}]`, report);
  });
}

function checkMap(type: string, value: unknown, path: string, report: Report): void {
  if (!isRecord(value)) wrong(value, 'an object', path, report);
  else for (const [key, inner] of Object.entries(value)) checkShape(type, inner, below(path, key), report);
}

function checkStruct(type: string, value: unknown, path: string, report: Report): void {
  if (!isRecord(value)) {
    wrong(value, 'an object', path, report);
    return;
  }
  const known = table[type] ?? {};
  for (const [name, inner] of Object.entries(value)) {
    const field = Object.hasOwn(known, name) ? known[name] : undefined;
    if (field !== undefined) checkShape(field, inner, below(path, name), report);
    else {
      const names = Object.keys(known);
      const near = nearest(name, names);
      report(path, `unknown field "${name}"`, near === undefined ? didYouMean(name, names) : `did you mean "${near}"?`);
    }
  }
}

/** What a scalar of the table must be in JavaScript. */
const scalars: Readonly<Record<string, readonly [test: (value: unknown) => boolean, wanted: string]>> = {
  string: [(value) => typeof value === 'string', 'a string'],
  duration: [(value) => typeof value === 'string', 'a duration such as 1h30m'],
  time: [(value) => typeof value === 'string', 'a time'],
  boolean: [(value) => typeof value === 'boolean', 'true or false'],
  integer: [(value) => Number.isInteger(value), 'a whole number'],
  quantity: [(value) => typeof value === 'string' || typeof value === 'number', 'a quantity such as 64Mi'],
  'int-or-string': [(value) => typeof value === 'string' || Number.isInteger(value), 'a whole number or a string'],
};

function checkScalar(type: string, value: unknown, path: string, report: Report): void {
  const [test, wanted = ''] = scalars[type] ?? [];
  if (test?.(value) === false) wrong(value, wanted, path, report);
}

function wrong(value: unknown, wanted: string, path: string, report: Report): void {
  report(path, `is ${kindOf(value)}, but ${wanted} is required here`);
}

const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
