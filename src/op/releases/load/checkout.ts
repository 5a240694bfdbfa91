import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { oneLine } from '../../kit/log/printable.js';
import { shellWord } from '../../kit/process/shell-word.js';
import { gitIn } from '../../systems/git/own-configuration.js';
import type { Repository } from './repository.js';

/** The files of a commit. */
export interface Checkout extends AsyncDisposable {
  readonly directory: string;
}

/**
 * The files of a commit of a repository: the work tree when it is checked out and none of its files is changed, else a worktree of its own
 * that is removed again, with the modules that the repository has installed. Nothing is fetched, so it works while the Git server is down.
 * @throws OpError (tool) when the clone does not have the commit
 */
export async function checkOut(
  context: Context,
  { root, commit: head, isModified }: Repository,
  commit: string,
  modules: 'with modules' | 'without modules' = 'with modules',
): Promise<Checkout> {
  if (commit === head && !isModified) return { directory: root, [Symbol.asyncDispose]: async () => {} };
  const parent = await makePrivateDirectory(context, 'release');
  const directory = join(parent.path, 'checkout');
  const added = await gitIn(context, root, ['worktree', 'add', '--quiet', '--detach', directory, commit]);
  if (added.ended !== 'ok') {
    await parent.dispose();
    throw toolError({
      what: `cannot check out ${commit}`,
      why: oneLine(added.stderr, 300),
      hint: `fetch it, and run this again: git fetch origin ${shellWord(commit)}`,
    });
  }
  const installed = join(root, 'node_modules');
  if (modules === 'with modules' && existsSync(installed) && !existsSync(join(directory, 'node_modules'))) {
    await symlink(installed, join(directory, 'node_modules'));
  }
  return {
    directory,
    [Symbol.asyncDispose]: async () => {
      // Also when op is told to stop: git keeps a list of its worktrees.
      const calm = { ...context, signal: AbortSignal.timeout(30_000) };
      await gitIn(calm, root, ['worktree', 'remove', '--force', directory]).catch(() => undefined);
      await parent.dispose();
    },
  };
}
