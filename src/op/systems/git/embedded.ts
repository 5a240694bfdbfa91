import { lstat, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Context } from '../../context.js';
import { type OpError, refusedError } from '../../kit/errors/op-error.js';
import { within } from '../../kit/files/path.js';

/**
 * The repository that a directory belongs to, if only its root is root's: so is the root of a volume that a pod mounts, where git refuses
 * to work in a repository of the pod's own user. Empty if `.git` is somebody else's, or no directory.
 * Source: ensure_valid_ownership, setup.c.
 */
export async function rootOfVolume(directory: string): Promise<readonly string[]> {
  const top = await realpath(directory)
    .then((path) => repositoryAbove('/', path))
    .catch(() => undefined);
  if (top === undefined) return [];
  const [outside, inside] = await Promise.all([lstat(top), lstat(join(top, '.git'))]);
  const me = process.geteuid?.();
  return me !== 0 && outside.uid === 0 && inside.uid === me && inside.isDirectory() ? [top] : [];
}

/**
 * Variables for git, and for programs that start it, in directories of a repository. A repository can contain files that make git take one
 * of its directories for a repository of its own (HEAD, objects, refs, config), whose configuration runs programs: git then refuses it.
 * Nor is an object fetched that is missing: the repository names the program that connects.
 * @param trusted repositories that git may use whoever owns them
 * Source: git-config(1), safe.bareRepository, since Git 2.38; git(1), GIT_NO_LAZY_FETCH.
 */
export function gitGuard(
  { GIT_CONFIG_COUNT }: Context['env'],
  trusted: readonly string[] = [],
): Readonly<Record<string, string>> {
  const count = Number(GIT_CONFIG_COUNT) || 0;
  const settings = [
    ['safe.bareRepository', 'explicit'],
    ['core.fsmonitor', 'false'],
    ['core.hooksPath', '/dev/null'],
    ...trusted.map((directory) => ['safe.directory', directory] as const),
  ] as const;
  const numbered = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${count + index}`, key],
    [`GIT_CONFIG_VALUE_${count + index}`, value],
  ]);
  return {
    GIT_NO_LAZY_FETCH: '1',
    GIT_CONFIG_COUNT: `${count + settings.length}`,
    ...Object.fromEntries(numbered),
  };
}

/**
 * Refuses a directory that git would take for a part of another repository than the one at `root`.
 * @throws OpError (refused)
 */
export async function refuseEmbedded(root: string, directory: string): Promise<void> {
  for (let at = directory; within(root, at); at = dirname(at)) {
    if (await isThere(at, '.git')) return;
    if (await looksBare(at)) throw embedded(at);
    if (at === dirname(at)) return;
  }
}

/** The directory at or above another one that has `.git`, up to `root`. */
export async function repositoryAbove(root: string, directory: string): Promise<string | undefined> {
  if (!within(root, directory)) return undefined;
  if (await isThere(directory, '.git')) return directory;
  return directory === dirname(directory) ? undefined : repositoryAbove(root, dirname(directory));
}

/** What git looks for. Source: is_git_directory, setup.c. */
async function looksBare(directory: string): Promise<boolean> {
  if (!(await isThere(directory, 'HEAD'))) return false;
  if (await isThere(directory, 'commondir')) return true;
  return (await isThere(directory, 'objects')) && (await isThere(directory, 'refs'));
}

const isThere = (directory: string, name: string) =>
  lstat(join(directory, name)).then(
    () => true,
    () => false,
  );

/** Whether git has refused a repository because of {@link gitGuard}. */
export const isEmbedded = (stderr: string): boolean => stderr.includes('safe.bareRepository');

export const embedded = (directory: string): OpError =>
  refusedError({
    what: `cannot use ${directory}`,
    why: 'git takes it for a repository of its own: it has files with the names HEAD, objects and refs',
    hint: 'rename these files, or build another directory; the configuration of such a repository can run programs',
  });
