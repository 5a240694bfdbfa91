/** The types that the settings of a configuration file must have: the file was not compiled. */
export type Shape<T> = { readonly [N in keyof Required<T>]: 'string' | 'boolean' | 'object' | 'list' };

const typeOf = (value: unknown): string => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);

/** Unknown settings, and settings of the wrong type. */
export function shapeProblems<T extends object>(path: string, settings: T, shape: Shape<T>): string[] {
  const names = Object.keys(shape);
  const types = new Map<string, string>(Object.entries(shape));
  return Object.entries(settings).flatMap(([name, value]) => {
    const type = types.get(name);
    if (type === undefined) return [`${path} > ${name}: unknown setting; known are ${names.join(', ')}`];
    if (value === undefined || typeOf(value) === type) return [];
    return [`${path} > ${name}: must be ${type === 'object' ? 'an' : 'a'} ${type}`];
  });
}
