/** Under what name the runs of a check are kept in their release. */
export const checkKey = (item: string, name: string): string => `check/${item}/${name}`;

/** The item and the name of a check; undefined for the key of an item. */
export function checkOf(key: string): { readonly item: string; readonly name: string } | undefined {
  const [, item, name] = /^check\/(.+)\/([^/]+)$/u.exec(key) ?? [];
  return item === undefined || name === undefined ? undefined : { item, name };
}

/** What the functions of an item have a check under. */
export const checkAction = (name: string): string => `check:${name}`;
