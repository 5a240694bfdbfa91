import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { problemOfName } from '../../systems/git/ref-name.js';

/** What to check out, or `undefined` for the default branch of the repository. */
export type Revision =
  | { readonly kind: 'commit'; readonly commit: string }
  | { readonly kind: 'name'; readonly name: string };

/** A full commit id: SHA-1 or SHA-256. */
export const isCommit = (text: string) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u.test(text);

/**
 * Reads a revision: a branch, a tag, a full commit id, or a full name such as `refs/pull/1/head`. Empty is undefined.
 * @throws OpError (input) for what cannot be the name of a branch or a tag
 */
export function parseRevision(text: string): Revision | undefined {
  if (text === '') return undefined;
  if (isCommit(text.toLowerCase())) return { kind: 'commit', commit: text.toLowerCase() };
  const problem = problemOfName(text);
  if (problem === undefined) return { kind: 'name', name: text };
  throw inputError({
    what: `"${oneLine(text)}" is not a revision`,
    why: problem,
    hint: 'give a branch, a tag, a full commit id, or a full name such as refs/pull/1/head',
  });
}

/** What else to fetch: `[+]source[:destination]`. */
export interface Refspec {
  readonly source: string;
  readonly text: string;
}

/**
 * Reads refspecs, separated by spaces. One `*` is allowed in the source and in the destination.
 * @throws OpError (input)
 */
export function parseRefspecs(text: string): readonly Refspec[] {
  return text
    .split(/\s+/u)
    .filter((item) => item !== '')
    .map((item) => {
      const [source = '', destination, ...more] = item.replace(/^\+/u, '').split(':');
      const parts = destination === undefined || destination === '' ? [source] : [source, destination];
      const problem = parts.map((part) => problemOfName(part.replace('*', 'x'))).find((found) => found !== undefined);
      if (source !== '' && problem === undefined && more.length === 0) return { source, text: item };
      throw inputError({
        what: `"${oneLine(item)}" is not a refspec`,
        why: source === '' ? 'it has no source' : (problem ?? 'it has more than one ":"'),
        hint: 'give refspecs such as refs/pull/1/head:refs/heads/pull-1, separated by spaces',
      });
    });
}
