/** An object of the given fields in the given order, without those that are undefined. */
export function fields<T extends object>(all: { readonly [K in keyof T]: T[K] | undefined }): T {
  const kept: Record<string, unknown> = {};
  for (const name in all) if (all[name] !== undefined) kept[name] = all[name];
  return kept as T;
}

/** A list, unless it is empty: an empty list says nothing, and people leave it out. */
export function some<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}
