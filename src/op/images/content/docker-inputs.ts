import { lstat, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findBuildPaths } from '../buildkit/build-paths.js';
import { baseImages } from '../dockerfile/base-images.js';
import type { BuildContext } from '../engines/build-context.js';
import { buildArgs } from '../engines/buildkit.js';
import type { BuildableImage } from '../plan/plan.js';
import { keepsGitOut } from './keeps-git-out.js';
import { whyInputsUnknown } from './unknown-inputs.js';

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

/** Why not everything that goes into an image is known. */
export interface UnknownInputs {
  readonly unknown: string;
}

/** What goes into the image of a Dockerfile, or why that is unknown. */
export async function dockerInputs(
  build: BuildContext,
  planned: BuildableImage,
): Promise<ContentInputs | UnknownInputs> {
  const { artifact } = planned;
  const { image, context } = artifact;
  const dockerfile = artifact.docker?.dockerfile ?? '';
  // Checks first that both are regular files of the repository, not a pipe or device.
  const { directory, filename } = await findBuildPaths({ image, context, dockerfile, root: build.prepared.root });
  const text = await readFile(join(directory, filename), 'utf8');
  const ofDockerfile = join(directory, `${filename}.dockerignore`);
  const ofContext = join(context, '.dockerignore');
  const ignored = [await readOptional(ofDockerfile), await readOptional(ofContext)];
  const written = await buildArgs(build, planned);
  const { env } = build.context;
  // buildctl makes this variable a build argument. Source: loadOptEnv, cmd/buildctl/build/util.go.
  const { SOURCE_DATE_EPOCH: epoch } = env;
  const values = {
    ...(epoch === undefined ? {} : { SOURCE_DATE_EPOCH: epoch }),
    ...Object.fromEntries(Object.entries(written).map(([name, value]) => [name, value ?? env[name] ?? null])),
  };
  const unknown = whyInputsUnknown(text, values);
  if (unknown !== undefined) return { unknown };
  const bases = baseImages(text, values);
  if (bases === undefined) return { unknown: 'its Dockerfile names an image by a variable without a value' };
  if (
    (await exists(join(context, '.git'))) &&
    !((await exists(ofDockerfile)) ? await isKeptOut(ofDockerfile) : await isKeptOut(ofContext))
  )
    return {
      unknown: '.git may be part of the image; a line .git in .dockerignore, with no exception for it, keeps it out',
    };
  return { values, bases, texts: [text, ...ignored], withGit: false };
}

const exists = async (path: string) => (await lstat(path).catch(() => undefined)) !== undefined;

/** BuildKit does not follow links out of the context, so a link does not count. */
const isKeptOut = async (path: string) =>
  (await lstat(path).catch(() => undefined))?.isFile() === true && keepsGitOut(await readFile(path, 'utf8'));

/** The text of a file, empty when it does not exist. */
export const readOptional = async (path: string): Promise<string> =>
  (await stat(path).catch(() => undefined))?.isFile() === true ? readFile(path, 'utf8') : '';
