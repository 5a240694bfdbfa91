import { createHash } from 'node:crypto';

/** The folders of the store. State and intent may be in one store or in two. */
export const folders = {
  packages: 'releases/packages',
  releases: 'releases/releases',
  environments: 'releases/environments',
  custom: 'releases/custom',
  intents: 'releases/intent/packages',
  wantedEnvironments: 'releases/intent/environments',
  wantedCustom: 'releases/intent/custom',
} as const;
export type Folder = (typeof folders)[keyof typeof folders];

/**
 * The name of a document for a reference: readable, and with enough of its hash to tell any two apart, since paths of the store have no
 * capitals, no `@` and few dots.
 */
export function keyOf(reference: string): string {
  const readable = reference
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '-')
    .replace(/^-|-$/gu, '')
    .slice(-60)
    .replace(/^-/u, '');
  const hash = createHash('sha256').update(reference).digest('hex').slice(0, 16);
  return readable === '' ? hash : `${readable}-${hash}`;
}

export const placeOf = (folder: Folder, reference: string): string => `${folder}/${keyOf(reference)}`;

/** Where the releases of a package are, and one of them. */
export const releasesOf = (name: string): string => `${folders.releases}/${keyOf(name)}`;
export const releasePlace = (name: string, number: number): string => `${releasesOf(name)}/r${number}`;
