import type { Report } from '../problem.js';
import { kindOf } from './kind.js';

interface Marked {
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
}

const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const qualifiedName = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** Checks labels and annotations as the API server does: keys are qualified names, label values are short words. */
export function checkMetadata({ labels = {}, annotations = {} }: Marked, report: Report): void {
  for (const [key, value] of Object.entries(labels)) {
    checkEntry(key, value, `labels.${key}`, report);
    if (typeof value === 'string' && (!labelValue.test(value) || value.length > 63)) {
      report(`labels.${key}`, `"${value}" is not a valid label value`, 'use at most 63 letters, digits, -, _ and .');
    }
  }
  for (const [key, value] of Object.entries(annotations)) checkEntry(key, value, `annotations.${key}`, report);
}

function checkEntry(key: string, value: unknown, path: string, report: Report): void {
  if (!qualifiedName.test(key)) report(path, `"${key}" is not a key such as app.kubernetes.io/name`);
  if (typeof value !== 'string')
    report(path, `is ${kindOf(value)}, but a string is required here`, 'write it in quotes');
}
