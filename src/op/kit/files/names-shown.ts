import { readdir } from 'node:fs/promises';
import { oneLine } from '../log/printable.js';

const most = 8;

/**
 * Names for a message, such as the keys of a mounted Secret, which are its files: `a, b and 3 more`, or `nothing`. Never what is in them.
 * The folders that Kubernetes adds (`..data`) do not count.
 */
export function namesShown(names: Iterable<string>): string {
  const own = [...names].filter((name) => !name.startsWith('..')).map((name) => oneLine(name, 60));
  if (own.length === 0) return 'nothing';
  const more = own.length > most ? ` and ${own.length - most} more` : '';
  return `${own.slice(0, most).join(', ')}${more}`;
}

/** The names in a directory, for a message; undefined when it cannot be read. */
export const namesIn = (directory: string): Promise<string | undefined> =>
  readdir(directory).then(
    (names) => namesShown(names.toSorted()),
    () => undefined,
  );
