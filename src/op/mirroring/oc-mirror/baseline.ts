import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Since } from './command-line.js';

const prefix = '.history-';

/**
 * On which run an archive builds, as oc-mirror chooses it, for the log.
 * Source: oc-mirror, `internal/pkg/history`: `working-dir/.history/.history-2026-11-20T14:32:31Z`
 */
export async function baselineText(workingDirectory: string, since: Since): Promise<string> {
  if (since.kind === 'none') return 'none: a full archive was asked for';
  const names = await readdir(join(workingDirectory, '.history')).catch(() => []);
  const runs = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const fitting = runs
    .filter((run) => since.kind === 'newest' || run.slice(0, 10) <= since.day)
    .toSorted((one, other) => Date.parse(one) - Date.parse(other));
  const newest = fitting.at(-1);
  if (newest !== undefined) return `the run of ${newest}`;
  const why = since.kind === 'newest' ? 'working-dir has no history' : `there was no run on or before ${since.day}`;
  return `none: ${why}, so the archive is full`;
}
