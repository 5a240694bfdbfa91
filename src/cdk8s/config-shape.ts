/** What the settings of a configuration file have to be; nothing has compiled the file before. */
export type Shape<T> = { readonly [N in keyof Required<T>]: 'string' | 'boolean' | 'object' | 'list' };

const typeOf = (value: unknown): string => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);

/** Settings that do not exist, and settings of another type. */
export function shapeProblems<T extends object>(path: string, settings: T, shape: Shape<T>): string[] {
  const names = Object.keys(shape);
  const types = new Map<string, string>(Object.entries(shape));
  return Object.entries(settings).flatMap(([name, value]) => {
    const type = types.get(name);
    if (type === undefined) return [`${path} > ${name}: there is no such setting; there are ${names.join(', ')}`];
    if (value === undefined || typeOf(value) === type) return [];
    return [`${path} > ${name}: has to be ${type === 'object' ? 'an' : 'a'} ${type}`];
  });
}
