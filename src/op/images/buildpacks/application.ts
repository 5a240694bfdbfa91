import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import ignore from 'ignore';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { copyTree, type Filter } from './files/copy-tree.js';
import { directoryWithin, realPathWithin } from './files/within-root.js';
import { noDescriptor, type ProjectDescriptor, parseProjectDescriptor } from './specification/project-descriptor.js';

/** The source of an image: its directory, and its project.toml. */
export interface Application {
  /** The real path of the context. */
  readonly directory: string;
  readonly descriptor: ProjectDescriptor;
  /** The path of its project.toml, if it has one. */
  readonly descriptorFile: string | undefined;
  /** Directory that paths in project.toml are relative to. */
  readonly descriptorDirectory: string;
}

interface Source {
  readonly image: string;
  readonly context: string;
  readonly root: string;
  readonly projectDescriptor: string;
}

const defaultDescriptor = 'project.toml';

/**
 * Finds the context and reads its project.toml.
 * @throws OpError (input) if one of them is missing, outside the repository, or invalid
 */
export async function readApplication(
  { log }: { readonly log: Pick<Context['log'], 'warn'> },
  source: Source,
): Promise<Application> {
  const { image, context, root, projectDescriptor } = source;
  const hint = 'correct the context in skaffold.yaml, or --context';
  const directory = await directoryWithin({ path: context, what: `the context of ${image}`, root }, hint);
  const name = projectDescriptor || defaultDescriptor;
  const path = resolve(directory, name);
  const real = await realPathWithin({ path, what: `the project descriptor of ${image}`, root });
  if (real === undefined && name !== defaultDescriptor) throw noSuchDescriptor(image, path);
  if (real === undefined) {
    return { directory, descriptor: noDescriptor, descriptorFile: undefined, descriptorDirectory: directory };
  }
  if (!(await stat(real)).isFile()) throw notAFile(image, path);
  const content = await readFile(real, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot read ${path}`,
      why: cause.message,
      hint: 'use a file that this user can read',
      cause,
    });
  });
  const descriptor = parseProjectDescriptor(relative(root, path), content, log);
  return { directory, descriptor, descriptorFile: path, descriptorDirectory: dirname(path) };
}

/** Copies the application to the directory where it is built: the files that project.toml includes, or all except those that it excludes, including `.git`. */
export async function copyApplication({ log }: Context, { directory, descriptor }: Application, to: string) {
  const filter = filterOf(descriptor);
  let hasGit = false;
  const keeps = (path: string) => {
    const kept = filter.keeps(path);
    if (kept && path === '.git/') hasGit = true;
    return kept;
  };
  const skipped = await copyTree(directory, to, { ...filter, keeps });
  if (skipped.length > 0) log.warn(`skipped, because they are pipes or devices: ${skipped.join(', ')}`);
  if (hasGit) {
    log.warn(
      `${join(directory, '.git')} goes into the image, as with pack: exclude ".git" in project.toml for reproducible digests`,
    );
  }
}

/** The patterns have the syntax of .gitignore. */
function filterOf({ include, exclude }: ProjectDescriptor): Filter {
  const patterns = ignore({ ignorecase: false }).add([...exclude, ...include]);
  if (include.length > 0) return { keeps: (path) => patterns.ignores(path), entersAll: true };
  return { keeps: (path) => !patterns.ignores(path), entersAll: false };
}

const noSuchDescriptor = (image: string, path: string) =>
  inputError({
    what: `cannot read the project descriptor of ${image}`,
    why: `the file ${path} does not exist`,
    hint: 'correct projectDescriptor in skaffold.yaml, or --descriptor',
  });

const notAFile = (image: string, path: string) =>
  inputError({
    what: `cannot read the project descriptor of ${image}`,
    why: `${path} is not a regular file`,
    hint: 'correct projectDescriptor in skaffold.yaml, or --descriptor',
  });
