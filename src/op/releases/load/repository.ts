import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Context } from '../../context.js';
import { readHead, workTree } from '../../systems/git/head.js';
import { gitIn } from '../../systems/git/own-configuration.js';
import type { RepositoryDefinition } from '../author/release.js';
import { repoOfUrl } from '../reference/reference.js';
import { starlarkRepository, starlarkRepositoryFile } from '../starlark/repository.js';
import { importRepository } from './import-file.js';

/** The repository that op is in. */
export interface Repository {
  /** Its top directory, without symbolic links. */
  readonly root: string;
  /** As references have it. */
  readonly name: string;
  readonly commit: string;
  /** Number of files that differ from the commit. */
  readonly changed: number;
  /** Whether a file of the commit is another one in the work tree, or is not there. */
  readonly isModified: boolean;
  readonly definition: RepositoryDefinition | undefined;
  /** The name of the file that it is in, `octopipeline.repo.ts` or another one. */
  readonly file: string | undefined;
}

/** At the top of a repository: what all its releases share. */
const names = [
  'octopipeline.repo.ts',
  'octopipeline.repo.mts',
  'octopipeline.repo.mjs',
  'octopipeline.repo.js',
  starlarkRepositoryFile,
];

/** The repository of the current directory; undefined when there is none. @throws OpError (input, tool, refused) */
export async function findRepository(context: Context): Promise<Repository | undefined> {
  const head = await readHead(context, context.cwd);
  if (head === undefined) return undefined;
  const root = await realpath(await workTree(context, context.cwd));
  const file = names.find((name) => existsSync(join(root, name)));
  const definition = file === undefined ? undefined : await readDefinition(context, join(root, file), file);
  const name = definition?.alias ?? (repoOfUrl(head.url) || basename(root));
  const isModified = head.changed > 0 && (await differs(context, root));
  return { root, name, commit: head.commit, changed: head.changed, isModified, definition, file };
}

const readDefinition = (context: Context, path: string, file: string): Promise<RepositoryDefinition> =>
  file === starlarkRepositoryFile ? starlarkRepository(context, path) : importRepository(context, path, file);

/** When git does not say, what is checked out is not trusted to be the commit. */
async function differs(context: Context, root: string): Promise<boolean> {
  const status = await gitIn(context, root, ['status', '--porcelain', '--untracked-files=no', '--', ':/']);
  return status.ended !== 'ok' || status.stdout !== '';
}
