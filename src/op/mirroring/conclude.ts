import type { Context } from '../context.js';
import { OpError, refusedError, toolError } from '../kit/errors/op-error.js';
import { shownPath } from '../kit/files/path.js';
import { countOf, secondsBetween, bytes as shownBytes } from '../kit/log/format.js';
import type { Files } from './plan/files.js';
import type { Report } from './report/reported.js';
import { countsOf, minuteOf } from './report/verdict.js';
import type { VerifiedImage } from './verify/verified.js';

/** How many reasons are printed: a registry that is down gives one for each image. */
const shown = 10;

/** Prints how a run ended. @throws OpError (refused) for what a person must decide about, (tool) when something failed */
export function conclude({ log, cwd }: Context, files: Files, made: Report): void {
  log.step(summaryOf(made));
  const { changes } = made;
  if (changes !== null) log.step(`since the run of ${minuteOf(changes.since.verifiedAt)}: ${countsOf(changes)}`);
  log.step(`report: ${shownPath(cwd, files.reportPage)}`);
  const failing = made.images.filter(({ fails }) => fails);
  const lost = made.unlisted.map(({ source, why }) => `${source}: not listed: ${why}`);
  const all = [...lost, ...failing.map(({ destination, outcome, why }) => `${destination}: ${outcome}: ${why ?? ''}`)];
  if (all.length === 0) return;
  const total = made.images.length + made.unlisted.length;
  const mustDecide = failing.some(({ outcome }) => outcome === 'drift' || outcome === 'wrong');
  const mayHeal = lost.length > 0 || failing.some(({ outcome }) => outcome === 'failed' || outcome === 'unknown');
  throw new OpError(mustDecide ? 'refused' : 'tool', {
    what: `not mirrored: ${all.length} of ${countOf(total, 'image')}${all.length < total ? '; the others are' : ''}`,
    why: lastOf(all, shownPath(cwd, files.reportPage)),
    hint:
      mayHeal && !mustDecide
        ? 'run the same command again: it copies only what is not there yet'
        : 'the report says what to do about each',
  });
}

/** Says what verify found. @throws OpError (refused) when something is not as planned, (tool) when no registry said so */
export function concludeVerify({ log, cwd }: Context, files: Files, images: readonly VerifiedImage[]): void {
  const wrong = images.filter(({ state }) => state !== 'right');
  if (images.length === 0) return;
  if (wrong.length === 0) {
    log.step(`verified ${countOf(images.length, 'image')}: the destination has what the plan says`);
    return;
  }
  const fail = wrong.every(({ state }) => state === 'unknown') ? toolError : refusedError;
  const all = wrong.map(({ destination, state, why = '' }) => `${destination}: ${state}: ${why}`);
  throw fail({
    what: `${wrong.length} of ${countOf(images.length, 'image')} not at the destination as planned`,
    why: lastOf(all, shownPath(cwd, files.verified)),
    hint: 'op mirror run --deep copies again what was lost; look who else writes or deletes there',
  });
}

/** The last reasons, and where the others are. */
function lastOf(reasons: readonly string[], file: string): string {
  const more = reasons.length > shown ? [`${reasons.length - shown} more are in ${file}`] : [];
  return [...more, ...reasons.slice(-shown)].join('\n');
}

/** `mirror: 3 copied, 197 unchanged; 2.0 MB uploaded in 3.1 s` */
export function summaryOf({
  workflow,
  totals: { bytes, ...counts },
  unlisted,
  plannedAt,
  copiedAt,
  verifiedAt,
}: Report): string {
  const parts = Object.entries(counts).flatMap(([outcome, count]) => (count === 0 ? [] : [`${count} ${outcome}`]));
  const lost = unlisted.length === 0 ? [] : [`${countOf(unlisted.length, 'source')} not listed`];
  const took = secondsBetween(new Date(plannedAt), new Date(verifiedAt ?? copiedAt ?? plannedAt));
  const all = [...parts, ...lost];
  return `mirror: ${all.length === 0 ? 'nothing selected' : all.join(', ')}; ${shownBytes(bytes)} ${workflow === 'to-disk' ? 'written' : 'uploaded'}${took > 0 ? ` in ${took} s` : ''}`;
}
