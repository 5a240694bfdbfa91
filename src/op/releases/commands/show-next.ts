import type { Context } from '../../context.js';
import { OpError, toolError } from '../../kit/errors/op-error.js';
import { table } from '../../kit/log/format.js';
import { shellWord } from '../../kit/process/shell-word.js';
import type { Next, Waiting } from '../next/snapshot.js';
import type { WorkedOn } from '../worker/work-on.js';

/** One line for each thing that waits, and what to type. */
export function waitingText(waiting: readonly Waiting[]): string {
  const told = waiting.filter(({ kind }) => kind !== 'phase');
  if (told.length === 0) return '';
  const rows = told.map((one) => [
    `${one.package}/@r${one.release}/${one.item}`,
    `waits for ${one.for}`,
    one.hint === undefined ? '' : `-> ${one.hint}`,
  ]);
  return `${table(rows)}\n`;
}

/** What still waits for a release, or for all. */
export const waitingFor = ({ waiting }: Next, of?: { readonly package: string; readonly number: number }) =>
  waiting.filter((one) => of === undefined || (one.package === of.package && one.release === of.number));

/** Ends a command that worked: failures are its exit code. @throws OpError when something failed, or could not be done here */
export function conclude({ log }: Context, { failed, busy, away, stuck }: WorkedOn): void {
  for (const one of busy) log.step(`${one}: somebody else is at it`);
  for (const one of away) log.step(`${one.replace(/^collect /u, '')}: goes on; the next work writes its end`);
  const [first] = failed;
  const told = first === undefined ? stuck.slice(1) : stuck;
  for (const { work, error } of told) log.warn(`${work}: ${error.message}: ${error.why}\n${error.hint}`);
  if (first === undefined) {
    const [one] = stuck;
    if (one === undefined) return;
    const { kind, message, why, hint, cause } = one.error;
    throw new OpError(kind, { what: `cannot do ${one.work}: ${message}`, why, hint, cause });
  }
  throw toolError({
    what: failed.length === 1 ? `${first} failed` : `${failed.length} items failed: ${failed.join(', ')}`,
    why: 'its function failed; the lines above say how',
    hint: `correct it, and make a new release, or run it again: op release retry ${shellWord(releaseIn(first))}`,
  });
}

/** The release in the name of a run: what is between its first word and its item. */
const releaseIn = (name: string): string => /^\S+ (.*\/@r\d+)\//su.exec(name)?.[1] ?? name;
