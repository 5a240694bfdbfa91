import type { Report } from '../problem.js';
import { isItems, partsOf, type Reference, Refused, referenceOf } from '../reference.js';
import { SCRIPT } from '../script/sh.js';
import { kindOf } from './kind.js';
import { reportUndefined } from './known-fields.js';

/** Says why a reference is not allowed here, or nothing when it is. */
export type Judge = (reference: Reference) => { readonly message: string; readonly hint: string } | undefined;

/** Checks one string: a literal without `$(`, a string reference that is allowed here, or both joined. */
export function checkString(value: unknown, path: string, judge: Judge, report: Report): void {
  const parts = partsOf(value);
  if (parts !== undefined) {
    for (const part of parts) checkString(part, path, judge, report);
    return;
  }
  if (value instanceof Refused) {
    report(path, value.message, value.hint);
    return;
  }
  const reference = referenceOf(value);
  if (reference === undefined) {
    checkLiteral(value, path, report);
    return;
  }
  if (reference.kind !== 'string') {
    const article = reference.kind === 'array' || reference.kind === 'object' ? 'an' : 'a';
    const hint =
      reference.kind === 'array'
        ? 'spread it (...) as an item of args, or use one item with .at(0)'
        : 'use one of its keys';
    report(path, `"${reference.name}" is ${article} ${reference.kind}, but a single string is required here`, hint);
    return;
  }
  checkReference(reference, path, judge, report);
}

/** Checks one item of a list, where all items of an array reference are allowed too. */
export function checkItem(value: unknown, path: string, judge: Judge, report: Report): void {
  const reference = isItems(value) ? referenceOf(value) : undefined;
  if (reference === undefined) checkString(value, path, judge, report);
  else checkReference(reference, path, judge, report);
}

/** Checks that a reference is allowed here. */
export function checkReference(reference: Reference, path: string, judge: Judge, report: Report): void {
  if (reference.kind === 'string' && reference.fanned === true) {
    report(path, `uses one result "${reference.name}" of a matrix`, 'Tekton passes only all of them: use the array');
  }
  const reason = judge(reference);
  if (reason !== undefined) report(path, reason.message, reason.hint);
}

/** What JavaScript writes for a value that is no string. */
const garbage = /\[object \w+\]|(?<=^|[=/:@,])(?:undefined|NaN)(?=$|[/:@,])/;

/** Checks a literal string. */
export function checkLiteral(value: unknown, path: string, report: Report): void {
  if (typeof value !== 'string') {
    const what = kindOf(value);
    const hint =
      value === undefined ? 'a reference to something that is not declared gives undefined' : 'write it as a string';
    report(path, `is ${what}, but a string is required here`, hint);
    return;
  }
  const lost = garbage.exec(value);
  if (lost !== null) {
    report(path, `contains "${lost[0]}"`, 'join references by text`...`, and check that the value is there');
    return;
  }
  const from = value.indexOf('$(');
  if (from === -1) return;
  const end = value.indexOf(')', from);
  const found = value.slice(from, end === -1 ? from + 30 : end + 1);
  report(
    path,
    `contains the literal "${found}"`,
    'use the reference itself, joined by text`...${params.name}...` where needed',
  );
}

/** Checks every string inside plain data, where no reference is allowed. */
export function checkPlain(value: unknown, path: string, report: Report): void {
  if (typeof value === 'string') {
    checkLiteral(value, path, report);
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      checkPlain(item, `${path}[${index}]`, report);
    });
  } else if (typeof value === 'object' && value !== null) {
    const reference = referenceOf(value);
    if (reference !== undefined || partsOf(value) !== undefined || SCRIPT in value) {
      report(path, `must be a literal, not a reference${reference === undefined ? '' : ` to "${reference.name}"`}`);
      return;
    }
    for (const [name, inner] of Object.entries(value)) {
      const place = path === '' ? name : `${path}.${name}`;
      if (inner === undefined) reportUndefined(place, report);
      else checkPlain(inner, place, report);
    }
  }
}

/** Where an item of a list is: `tasks[2] promote`. */
export function item(list: string, index: number, name?: unknown): string {
  return typeof name === 'string' && name !== '' ? `${list}[${index}] ${name}` : `${list}[${index}]`;
}
