import { parse } from 'node:path';
import * as v from 'valibot';

/** A DNS label (RFC 1123), as names in a cluster are. */
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;

/** The name of a mirror: it becomes a part of a path in the store, and of the name of a Lease. */
export const mirrorName = v.pipe(
  v.string('must be a string'),
  v.regex(label, 'must be at most 63 of a-z, 0-9 and "-", and start and end with a letter or a digit'),
);

/** The name of a mirror whose file does not say it: `mirror` for `mirror.yaml`, `site-a` for `conf/Site_A.yaml`. */
export function nameOfFile(file: string): string {
  const name = parse(file)
    .name.toLowerCase()
    .replace(/[^a-z0-9]+/gu, '-')
    .replace(/^-/u, '')
    .slice(0, 63)
    .replace(/-$/u, '');
  return name === '' ? 'mirror' : name;
}
