/** An object or a list that is open. */
interface Level {
  readonly isList: boolean;
  /** Its keys are anybody's. */
  readonly isFree: boolean;
  readonly keys: Set<string>;
  /** The last one. */
  key: string;
  /** Whether a key comes next. */
  isBeforeKey: boolean;
}

/**
 * Whether all readers of a JSON text find the same under its keys. Go's encoding/json takes a key in any case for that of a field, and of two
 * the last: `Layers` after `layers` is what registries, containerd and cosign read, and what JSON.parse does not see.
 * @param text valid JSON
 * @param known the names of fields, as they should be written
 * @param free names of fields whose own keys are anybody's, such as `annotations`
 */
export function hasClearKeys(text: string, known: readonly string[], free: readonly string[]): boolean {
  const exact = new Map(known.map((name) => [folded(name), name]));
  const open: Level[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    const level = open.at(-1);
    if (sign === '{' || sign === '[') {
      const isList = sign === '[';
      const isFree = level !== undefined && (level.isFree || (!level.isList && free.includes(level.key)));
      open.push({ isList, isFree, keys: new Set(), key: '', isBeforeKey: !isList });
    } else if (sign === '}' || sign === ']') open.pop();
    else if (sign === ',' && level !== undefined) level.isBeforeKey = !level.isList;
    else if (sign === '"') {
      const end = endOfString(text, at);
      if (level?.isBeforeKey === true) {
        const name = String(JSON.parse(text.slice(at, end)));
        const fold = folded(name);
        if (!level.isFree && (level.keys.has(fold) || (exact.get(fold) ?? name) !== name)) return false;
        level.keys.add(fold);
        level.key = name;
        level.isBeforeKey = false;
      }
      at = end - 1;
    }
  }
  return true;
}

/** Behind the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Source: encoding/json of Go, foldName: by simple folding, for which a long s is an s, and the sign for Kelvin a k. */
const folded = (key: string): string => key.toUpperCase().toLowerCase();
