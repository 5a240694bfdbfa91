import { createHash } from 'node:crypto';

/**
 * The same for equal values, whatever the order of their keys. Not shortened: whoever chooses what an approval is about could find two values
 * with one short signature, have the one approved, and deploy the other.
 */
export const signatureOf = (value: unknown): string => digestOf(JSON.stringify(sorted(value)));

/** The SHA-256 of a text. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Whether two values are the same JSON. */
export const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
