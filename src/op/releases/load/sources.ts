import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import type { Environment, Release } from '../documents/shapes.js';
import { parseReference, type ReferenceBase } from '../reference/reference.js';
import type { StarlarkFile } from '../starlark/release.js';
import { type Checkout, checkOut } from './checkout.js';
import { type EvaluatedFile, evaluateFile } from './evaluate-file.js';
import type { Repository } from './repository.js';

/** The code of releases: of the commit of each. */
export interface Sources extends AsyncDisposable {
  readonly repository: Repository;
  /** Whether a package is in this repository. */
  readonly has: (name: string) => boolean;
  /** The plan and the functions of a release, for these environments. @throws OpError */
  readonly evaluate: (
    of: Pick<Release, 'package' | 'number' | 'commit'>,
    environments: readonly Environment[],
  ) => Promise<EvaluatedFile & Pick<Checkout, 'directory'>>;
  /** A directory with the files of a commit, and no others: the work tree also has files that git does not know. @throws OpError */
  readonly filesOf: (commit: string) => Promise<string>;
}

/**
 * The sources of a repository; the end of its `await using` removes what it checked out.
 * @param valueNow the value that a reference has now
 */
export function sourcesOf(context: Context, repository: Repository, valueNow: StarlarkFile['valueNow']): Sources {
  const checkouts = new Map<string, Promise<Checkout>>();
  const checkoutOf = (commit: string) => {
    const known = checkouts.get(commit) ?? checkOut(context, repository, commit);
    checkouts.set(commit, known);
    return known;
  };
  const exact = { ...repository, isModified: true };
  const onlyFiles = new Map<string, Promise<Checkout>>();
  const exactlyOf = (commit: string) => {
    const known = onlyFiles.get(commit) ?? checkOut(context, exact, commit, 'without modules');
    onlyFiles.set(commit, known);
    return known;
  };
  const evaluated = new Map<string, Promise<EvaluatedFile>>();
  const has = (name: string) => parseReference(name).repo === repository.name;
  return {
    repository,
    has,
    evaluate: async ({ package: name, number, commit }, environments) => {
      if (!has(name)) {
        throw refusedError({
          what: `${name} is not of this repository`,
          why: `this is ${repository.name}`,
          hint: 'run op in a clone of the other repository',
        });
      }
      const { path, repo } = parseReference(name);
      const base: ReferenceBase = { repo, path, release: `r${number}` };
      const { directory } = await checkoutOf(commit);
      const file = { root: directory, path, environments, base, valueNow };
      const key = JSON.stringify([base, commit, environments]);
      const known = evaluated.get(key) ?? evaluateFile(context, file);
      evaluated.set(key, known);
      return { ...(await known), directory };
    },
    filesOf: async (commit) => (await exactlyOf(commit)).directory,
    [Symbol.asyncDispose]: async () => {
      for (const opened of [...checkouts.values(), ...onlyFiles.values()])
        await (await opened.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}
