import { type OpError, refusedError } from '../../kit/errors/op-error.js';
import { type FileChange, idOf, lookUp, type TreeEntries, type TreeEntry } from '../../systems/git/objects.js';
import type { Tip } from './tip.js';

/** A change of one file. */
export interface Change {
  readonly file: string;
  /** Undefined: it is removed. */
  readonly text: string | undefined;
  /** For the message of the commit: `Create environments/dev`. */
  readonly summary: string;
  /** Whether the change may be made; it is asked again for each newer commit. @param found undefined: there is no such file */
  readonly fits: (found: TreeEntry | undefined) => boolean;
}

/** What became of each change: the id of the file's new content, `''` when it was removed; it may be refused alone. */
export type Outcomes = ReadonlyMap<Change, string | 'conflict' | OpError>;

/** What changes do to a commit. */
export interface Judged {
  readonly outcomes: Outcomes;
  /** Whether none is in conflict, and none is refused. */
  readonly allFit: boolean;
  /** The files afterwards. */
  readonly entries: TreeEntries;
  /** Those that differ. */
  readonly files: ReadonlyMap<string, FileChange>;
  readonly summaries: readonly string[];
}

/** Makes the changes one after another, without writing anything. */
export function judge({ digits, entries: before }: Tip, changes: readonly Change[]): Judged {
  const entries = new Map(before);
  const outcomes = new Map<Change, string | 'conflict' | OpError>();
  const files = new Map<string, FileChange>();
  const summaries: string[] = [];
  for (const change of changes) {
    const { file, text, summary, fits } = change;
    const found = lookUp(entries, file);
    const blocked = found !== undefined && found.is !== 'file' ? `${found.way} is a ${found.is}` : undefined;
    const isFolder = found === undefined && [...entries.keys()].some((path) => path.startsWith(`${file}/`));
    if (blocked !== undefined || isFolder) outcomes.set(change, notAFile(file, blocked ?? 'it is a folder'));
    else if (!fits(found?.is === 'file' ? found.entry : undefined)) outcomes.set(change, 'conflict');
    else {
      const id = text === undefined ? '' : idOf(text, digits);
      if (text === undefined) entries.delete(file);
      else entries.set(file, { mode: regular, id, size: Buffer.byteLength(text) });
      if (before.get(file)?.id === entries.get(file)?.id) files.delete(file);
      else files.set(file, text === undefined ? undefined : { mode: regular, text });
      summaries.push(summary);
      outcomes.set(change, id);
    }
  }
  const allFit = [...outcomes.values()].every((outcome) => typeof outcome === 'string' && outcome !== 'conflict');
  return { outcomes, allFit, entries, files, summaries };
}

const regular = '100644';

const notAFile = (file: string, why: string) =>
  refusedError({
    what: `op does not write ${file} in its store`,
    why,
    hint: 'remove it from the branch: op follows no links, and replaces nothing that it did not write',
  });
