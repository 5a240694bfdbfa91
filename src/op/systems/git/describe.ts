import type { Context } from '../../context.js';
import { embedded, isEmbedded } from './embedded.js';
import { gitIn, refuseFilters } from './own-configuration.js';

/** What `git describe --tags --always` calls HEAD, and whether files of the directory differ from it, untracked ones included. */
export interface Described {
  readonly name: string;
  readonly changed: boolean;
}

/** The id of the tree of a directory in the commit that is checked out; undefined when the commit does not have the directory. */
export async function treeOf(context: Context, directory: string): Promise<string | undefined> {
  const ended = await gitIn(context, directory, ['rev-parse', '--verify', '--quiet', 'HEAD:./']);
  return (ended.ended === 'ok' && ended.stdout.trim()) || undefined;
}

/**
 * Describes the commit that is checked out; undefined when git cannot.
 * @throws OpError (refused) for a repository that is embedded in another one, or that configures programs
 */
export async function describeCommit(context: Context, directory: string): Promise<Described | undefined> {
  const git = (...args: readonly string[]) => gitIn(context, directory, args);
  await refuseFilters(context, directory);
  const [name, changes] = await Promise.all([git('describe', '--tags', '--always'), git('status', '.', '--porcelain')]);
  if (isEmbedded(name.stderr)) throw embedded(directory);
  if (name.ended !== 'ok' || changes.ended !== 'ok') return undefined;
  return { name: name.stdout.trim(), changed: changes.stdout.trim() !== '' };
}
