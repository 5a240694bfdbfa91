import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findPlaces } from '../buildkit/places.js';
import type { Making } from '../plan/made.js';
import type { Feasible } from '../plan/plan.js';
import { buildArgs } from '../push/with-buildkit.js';
import { baseImages } from './base-images.js';

/** What goes into an image beside the files of its context. */
export interface Inputs {
  readonly values: Readonly<Record<string, string | null>>;
  /** Images that it is built on, other than those of this build. */
  readonly bases: readonly string[];
  /** Texts from outside the context. */
  readonly texts: readonly string[];
  /** Whether the history of git goes into the image. */
  readonly withGit: boolean;
}

/** What goes into the image of a Dockerfile; undefined when its text does not tell what it is built on. */
export async function dockerInputs(making: Making, planned: Feasible): Promise<Inputs | undefined> {
  const { artifact } = planned;
  const { image, context } = artifact;
  const dockerfile = artifact.docker?.dockerfile ?? '';
  // Checks first that both are files of the repository, and no pipe or device.
  const { directory, filename } = await findPlaces({ image, context, dockerfile, root: making.ready.root });
  const text = await readFile(join(directory, filename), 'utf8');
  const ignored = [
    await optional(join(directory, `${filename}.dockerignore`)),
    await optional(join(context, '.dockerignore')),
  ];
  const written = await buildArgs(making, planned);
  const values = Object.fromEntries(
    Object.entries(written).map(([name, value]) => [name, value ?? making.context.env[name] ?? null]),
  );
  const bases = baseImages(text, values);
  if (bases === undefined) return undefined;
  const withGit = !/^(?:\/|\*\*\/)?(?:\.git|\.\*|\*)\/?\s*$/mu.test(ignored.find((file) => file !== '') ?? '');
  return { values, bases, texts: [text, ...ignored], withGit };
}

/** The text of a file, empty when there is none. */
export const optional = async (path: string): Promise<string> =>
  (await stat(path).catch(() => undefined))?.isFile() === true ? readFile(path, 'utf8') : '';
