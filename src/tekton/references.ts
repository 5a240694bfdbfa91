import { partsOf, type Reference, referenceOf } from './reference.js';
import { SCRIPT, type Script } from './script/sh.js';

/** Every reference inside a value: in lists, objects, texts and scripts. Definitions that it refers to are not followed. */
export function referencesIn(value: unknown): readonly Reference[] {
  const found: Reference[] = [];
  visit(value, (inner) => {
    const reference = referenceOf(inner);
    if (reference !== undefined) found.push(reference);
  });
  return found;
}

/** Every literal text inside a value. */
export function textsIn(value: unknown): readonly string[] {
  const found: string[] = [];
  visit(value, (inner) => {
    if (typeof inner === 'string') found.push(inner);
  });
  return found;
}

function visit(value: unknown, act: (inner: unknown) => void): void {
  act(value);
  if (typeof value !== 'object' || value === null || referenceOf(value) !== undefined) return;
  const parts = partsOf(value);
  if (parts !== undefined) for (const part of parts) visit(part, act);
  else if (SCRIPT in value) {
    const { env, text } = (value as Script)[SCRIPT];
    visit([text, ...env.map((variable) => variable.value)], act);
  } else if (!('kind' in value && 'owner' in value)) for (const inner of Object.values(value)) visit(inner, act);
}
