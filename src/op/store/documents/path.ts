import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';

/**
 * Runs of a-z and 0-9 with "-", "_" or "." between them: it is a file name on every system, also on one that ignores capitals, and it
 * cannot be hidden, `..` or an option.
 */
const segment = /^[a-z0-9]+(?:(?:-+|[._])[a-z0-9]+)*$/u;
/** A file name may have 255 bytes, and `.json` follows. */
const longestSegment = 240;
const longestPath = 500;
const mostSegments = 8;

/**
 * Why a text cannot be the path of a document, such as `environments/dev`; undefined when it can. A dot is only allowed in the last
 * segment: the file `a.json` of the document `a` would be the folder of `a.json/b`.
 */
export function problemOfPath(path: string): string | undefined {
  const segments = path.split('/');
  return path.length > longestPath || segments.some(({ length }) => length > longestSegment)
    ? `it has ${path.length} characters; a path may have ${longestPath}, and each part ${longestSegment}`
    : segments.length > mostSegments
      ? `it has ${segments.length} parts; a path may have ${mostSegments}`
      : !segments.every((part) => segment.test(part))
        ? 'its parts start and end with a-z or 0-9, and have only a-z, 0-9, "-", "_" and single dots in between'
        : segments.slice(0, -1).some((part) => part.includes('.'))
          ? 'only its last part may have dots'
          : undefined;
}

/** Checks the path of a document. @throws OpError (input) */
export function checkPath(path: string): string {
  const problem = problemOfPath(path);
  if (problem === undefined) return path;
  throw inputError({
    what: `"${oneLine(path, 200)}" is not a path of the store`,
    why: problem,
    hint: 'give a path such as environments/dev, in lower case',
  });
}

/** Checks a prefix: a path whose documents are listed, or empty for all. @throws OpError (input) */
export const checkPrefix = (prefix: string): string => (prefix === '' ? '' : checkPath(prefix));

/** Whether a document is below a prefix: `a/b` and `a/b/c` are below `a`, and `ab` is not. */
export const isBelow = (prefix: string, path: string): boolean => prefix === '' || path.startsWith(`${prefix}/`);
