/** The keys of a record that are there without a value. */
export function absentKeys(record: object): readonly string[] {
  return Object.entries(record).flatMap(([key, value]) => (value === undefined ? [key] : []));
}

/** Whether a value is an object with fields: no list, no null. */
export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
