import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findBuildPaths } from '../buildkit/build-paths.js';
import { baseImages } from '../dockerfile/base-images.js';
import type { BuildContext } from '../engines/build-context.js';
import { buildArgs } from '../engines/buildkit.js';
import type { BuildableImage } from '../plan/plan.js';

/** What goes into an image in addition to the files of its context. */
export interface ContentInputs {
  readonly values: Readonly<Record<string, string | null>>;
  /** Images that it is built on, except those of this build. */
  readonly bases: readonly string[];
  /** Texts from outside the context. */
  readonly texts: readonly string[];
  /** Whether the history of git goes into the image. */
  readonly withGit: boolean;
}

/** What goes into the image of a Dockerfile; undefined when its base images are unknown. */
export async function dockerInputs(build: BuildContext, planned: BuildableImage): Promise<ContentInputs | undefined> {
  const { artifact } = planned;
  const { image, context } = artifact;
  const dockerfile = artifact.docker?.dockerfile ?? '';
  // Checks first that both are regular files of the repository, not a pipe or device.
  const { directory, filename } = await findBuildPaths({ image, context, dockerfile, root: build.prepared.root });
  const text = await readFile(join(directory, filename), 'utf8');
  const ignored = [
    await readOptional(join(directory, `${filename}.dockerignore`)),
    await readOptional(join(context, '.dockerignore')),
  ];
  const written = await buildArgs(build, planned);
  const values = Object.fromEntries(
    Object.entries(written).map(([name, value]) => [name, value ?? build.context.env[name] ?? null]),
  );
  const bases = baseImages(text, values);
  if (bases === undefined) return undefined;
  const withGit = !/^(?:\/|\*\*\/)?(?:\.git|\.\*|\*)\/?\s*$/mu.test(ignored.find((file) => file !== '') ?? '');
  return { values, bases, texts: [text, ...ignored], withGit };
}

/** The text of a file, empty when it does not exist. */
export const readOptional = async (path: string): Promise<string> =>
  (await stat(path).catch(() => undefined))?.isFile() === true ? readFile(path, 'utf8') : '';
