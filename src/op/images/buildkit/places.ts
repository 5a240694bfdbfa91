import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';
import { within } from '../../kit/files/path.js';
import type { DockerfileBuild } from './build.js';

/** Where BuildKit's client reads from; all of it inside the repository. */
export interface Places {
  readonly context: string;
  /** Directory that holds the Dockerfile. */
  readonly directory: string;
  /** The Dockerfile's name in it. */
  readonly filename: string;
  /** Path of the Dockerfile from the repository's root, for messages. */
  readonly shown: string;
}

type Wanted = Pick<DockerfileBuild, 'image' | 'context' | 'dockerfile' | 'root'>;

/**
 * Finds the context and the Dockerfile, and checks that neither leaves the repository: not by `..`, and not through a symbolic link.
 * Links inside the context need no check: BuildKit's client sends them as links and never follows them out of it.
 * @throws OpError (input)
 */
export async function findPlaces({ image, context, dockerfile, root }: Wanted): Promise<Places> {
  const repository = await realpath(root);
  const contextFound = await inside(repository, context, `the context of ${image}`);
  if (!contextFound.directory) throw wrong(`the context of ${image}`, `${context} is not a directory`);
  const path = resolve(context, dockerfile);
  const shown = within(root, path) ? relative(root, path) : path;
  const found = await inside(repository, path, `the Dockerfile of ${image}`);
  if (!found.file) throw wrong(`the Dockerfile of ${image}`, `${shown} is not a file`);
  // BuildKit's client follows a link to the Dockerfile no further than its directory.
  const directory = await realpath(dirname(path));
  const stays = within(directory, found.path);
  return {
    context: contextFound.path,
    directory: stays ? directory : dirname(found.path),
    filename: basename(stays ? path : found.path),
    shown,
  };
}

async function inside(repository: string, path: string, what: string) {
  const real = await realpath(path).catch((cause: NodeJS.ErrnoException) => {
    throw wrong(what, cause.code === 'ENOENT' ? `there is no ${path}` : cause.message);
  });
  if (!within(repository, real)) {
    const way = within(repository, path) ? `${path} is a symbolic link to ${real}` : `it is ${real}`;
    throw wrong(what, `${way}, which is outside of the repository ${repository}`);
  }
  const found = await stat(real);
  return { path: real, file: found.isFile(), directory: found.isDirectory() };
}

const wrong = (what: string, why: string) =>
  inputError({
    what: `cannot use ${what}`,
    why,
    hint: 'name a directory and a Dockerfile of the repository: context and dockerfile in skaffold.yaml, or --context and --dockerfile',
  });
