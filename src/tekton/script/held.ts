import { partsOf, referenceOf } from '../reference.js';

const paths = new Set(['workspace', 'result path', 'context']);

/** What a value holds: something that a run or a task gives, only what Tekton itself makes (such as a path), or no reference. */
export function heldBy(value: unknown): 'given' | 'path' | undefined {
  const origins = originsIn(value);
  if (origins.length === 0) return undefined;
  return origins.every((origin) => paths.has(origin)) ? 'path' : 'given';
}

function originsIn(value: unknown): readonly string[] {
  const reference = referenceOf(value);
  if (reference !== undefined) return [reference.origin];
  return partsOf(value)?.flatMap(originsIn) ?? [];
}
