import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { type GitUrl, parseGitUrl } from '../../systems/git/url.js';
import type { CloneFlags } from './options.js';
import { parseRefspecs, parseRevision, type Refspec, type Revision } from './revision.js';

/** What to clone, checked. */
export interface CloneRequest {
  readonly url: GitUrl;
  readonly revision: Revision | undefined;
  readonly refspecs: readonly Refspec[];
  /** Number of commits; 0 means all. */
  readonly depth: number;
  readonly submodules: boolean;
  /** There is a credential for https, and submodules do not get it. */
  readonly submodulesWithoutCredential: boolean;
  readonly destination: string;
  /** Directories below the destination, outermost first; empty for the destination itself. */
  readonly subdirectory: readonly string[];
  readonly sparse: readonly string[];
  readonly deleteExisting: boolean;
  /** Milliseconds for the whole command. */
  readonly timeout: number;
}

/**
 * Checks the flags of `op git-clone`.
 * @throws OpError (input) when a value cannot be used
 */
export function parseRequest(flags: CloneFlags): CloneRequest {
  const { url, destination, submodules, deleteExisting, timeout } = flags;
  return {
    url: parseGitUrl(url),
    revision: parseRevision(flags.revision ?? ''),
    refspecs: parseRefspecs(flags.refspec ?? ''),
    depth: parseDepth(flags.depth),
    submodules,
    submodulesWithoutCredential: flags.basicAuth !== undefined && !flags.submoduleCredentials,
    destination,
    subdirectory: parseSubdirectory(flags.subdirectory ?? ''),
    sparse: flags.sparseCheckoutDirectories.map(checkPattern),
    deleteExisting,
    timeout,
  };
}

function parseDepth(text: string): number {
  if (/^\d{1,9}$/u.test(text)) return Number(text);
  throw inputError({
    what: `--depth=${oneLine(text)} is not a number of commits`,
    why: 'it must be 0 or more',
    hint: 'use 1 for the newest commit only, 0 for all',
  });
}

function parseSubdirectory(text: string): readonly string[] {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  const problem = text.startsWith('/')
    ? 'it is an absolute path'
    : parts.includes('..')
      ? 'it leaves the destination with ".."'
      : parts.some((part) => part.toLowerCase() === '.git')
        ? 'it is inside a .git directory'
        : /\p{Cc}/u.test(text)
          ? 'it has a line break or another control character'
          : undefined;
  if (problem === undefined) return parts;
  throw inputError({
    what: `--subdirectory="${oneLine(text)}" is not a directory of the destination`,
    why: problem,
    hint: 'use a path such as sources/app',
  });
}

function checkPattern(pattern: string): string {
  if (!/\p{Cc}/u.test(pattern)) return pattern;
  throw inputError({
    what: `--sparse-checkout-directories has "${oneLine(pattern)}"`,
    why: 'it has a line break or another control character',
    hint: 'use directories separated by commas, such as services/shop,libraries',
  });
}
