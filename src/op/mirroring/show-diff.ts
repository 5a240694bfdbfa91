import type { Context } from '../context.js';
import { inputError } from '../kit/errors/op-error.js';
import { countOf, table } from '../kit/log/format.js';
import { type Changes, changeKinds, changesSince } from './history/changes.js';
import type { History } from './history/history.js';
import { openHistory } from './history/open.js';
import type { RecordedRun } from './history/recorded.js';
import { readMirror } from './mirror-file/read.js';
import { changeWords, countsOf, minuteOf, shortDigest } from './report/verdict.js';
import type { HistoryView } from './show-history.js';

/** What `op mirror diff` is asked for: ids of runs. */
export type DiffView = Omit<HistoryView, 'run'> & {
  /** Default: the run before the other one. */
  readonly from?: string | undefined;
  /** Default: the newest run. */
  readonly to?: string | undefined;
};

/** `op mirror diff`: what two recorded runs left differently at the destination. @throws OpError (input, tool) */
export async function showDiff(context: Context, request: DiffView): Promise<void> {
  const mirror = await readMirror(context, request.file);
  await using history = await openHistory(context, mirror, request);
  const to = request.to === undefined ? await history.latestRun() : await history.readRun(request.to);
  if (to === undefined) throw tooFew(mirror.name, history);
  const from = request.from === undefined ? await history.latestRun(to.run.id) : await history.readRun(request.from);
  if (from === undefined) throw tooFew(mirror.name, history);
  const changes = changesSince(from, [], to.images);
  if (request.output === 'json') {
    context.out(`${JSON.stringify({ from: from.run, to: to.run, ...changes }, undefined, 1)}\n`);
    return;
  }
  const rows = rowsOf(changes);
  if (rows.length > 0) context.out(`${table([['WHAT', 'DESTINATION', 'BEFORE', 'NOW'], ...rows])}\n`);
  context.log.step(`from ${titleOf(from)} to ${titleOf(to)}: ${countsOf(changes)}`);
}

const titleOf = ({ run }: RecordedRun) => `${run.id} (${minuteOf(run.verifiedAt)}, ${countOf(run.images, 'image')})`;

const rowsOf = (changes: Changes): readonly (readonly string[])[] =>
  changeKinds.flatMap((kind) =>
    changes[kind].map(({ destination, from, to }) => [
      changeWords[kind],
      destination,
      from === null ? '-' : shortDigest(from),
      to === null ? '-' : shortDigest(to),
    ]),
  );

const tooFew = (name: string, { place }: History) =>
  inputError({
    what: `there are no two runs of the mirror ${name} to compare`,
    why: `its history is in ${place}`,
    hint: 'op mirror history lists the runs; --store says where the history is',
  });
