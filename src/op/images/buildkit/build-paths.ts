import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';
import { within } from '../../kit/files/path.js';
import type { DockerfileBuild } from './dockerfile-build.js';

/** The paths that BuildKit's client reads from; all of them are inside the repository. */
export interface BuildPaths {
  readonly context: string;
  /** Directory that holds the Dockerfile. */
  readonly directory: string;
  /** The Dockerfile's name in it. */
  readonly filename: string;
  /** Path of the Dockerfile relative to the repository's root, for messages. */
  readonly shown: string;
}

/**
 * Finds the context and the Dockerfile, and checks that neither leaves the repository, by `..` or through a symbolic link.
 * Links inside the context need no check: BuildKit's client sends them as links and never follows them out of it.
 * @throws OpError (input)
 */
export async function findBuildPaths({
  image,
  context,
  dockerfile,
  root,
}: Pick<DockerfileBuild, 'image' | 'context' | 'dockerfile' | 'root'>): Promise<BuildPaths> {
  const repository = await realpath(root);
  const contextFound = await inRepository(repository, context, `the context of ${image}`);
  if (!contextFound.directory) throw unusable(`the context of ${image}`, `${context} is not a directory`);
  const path = resolve(context, dockerfile);
  const shown = within(root, path) ? relative(root, path) : path;
  const found = await inRepository(repository, path, `the Dockerfile of ${image}`);
  if (!found.file) throw unusable(`the Dockerfile of ${image}`, `${shown} is not a file`);
  // If the Dockerfile is a link, BuildKit's client follows it within its directory only.
  const directory = await realpath(dirname(path));
  const stays = within(directory, found.path);
  return {
    context: contextFound.path,
    directory: stays ? directory : dirname(found.path),
    filename: basename(stays ? path : found.path),
    shown,
  };
}

async function inRepository(repository: string, path: string, what: string) {
  const real = await realpath(path).catch((cause: NodeJS.ErrnoException) => {
    throw unusable(what, cause.code === 'ENOENT' ? `${path} not found` : cause.message);
  });
  if (!within(repository, real)) {
    const way = within(repository, path) ? `${path} is a symbolic link to ${real}` : `it is ${real}`;
    throw unusable(what, `${way}, which is outside the repository ${repository}`);
  }
  const found = await stat(real);
  return { path: real, file: found.isFile(), directory: found.isDirectory() };
}

const unusable = (what: string, why: string) =>
  inputError({
    what: `cannot use ${what}`,
    why,
    hint: 'use a directory and a Dockerfile inside the repository: context and dockerfile in skaffold.yaml, or --context and --dockerfile',
  });
