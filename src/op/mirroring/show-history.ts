import type { Context } from '../context.js';
import { countOf, bytes as shownBytes, table } from '../kit/log/format.js';
import { openHistory } from './history/open.js';
import { isGood, type Run } from './history/recorded.js';
import type { Prune } from './history/written.js';
import { readMirror } from './mirror-file/read.js';
import type { MirrorRequest } from './options.js';

/** What `op mirror history` is asked for. */
export type HistoryView = Pick<MirrorRequest, 'file' | 'directory' | 'store' | 'namespace'> & {
  /** The id of the run whose images are listed; without it, the runs are. */
  readonly run?: string | undefined;
  readonly output: 'text' | 'json';
};

/** `op mirror history`: lists the recorded runs of a mirror, or what one of them left. @throws OpError (input, tool) */
export async function showHistory(context: Context, request: HistoryView): Promise<void> {
  const mirror = await readMirror(context, request.file);
  await using history = await openHistory(context, mirror, request);
  const print = (value: object, text: () => string) =>
    context.out(request.output === 'json' ? `${JSON.stringify(value, undefined, 1)}\n` : text());
  const { prunes } = await history.written.read();
  const pruned = prunes.find(({ id }) => id === request.run);
  if (pruned !== undefined)
    return print(pruned, () => `${table([['OUTCOME', 'DESTINATION', 'DIGEST'], ...rowsOf(pruned)])}\n`);
  if (request.run !== undefined) {
    const recorded = await history.readRun(request.run);
    const rows = recorded.images.map(({ outcome, destination, digest }) => [outcome, destination, digest ?? '-']);
    return print(recorded, () => `${table([['OUTCOME', 'DESTINATION', 'DIGEST'], ...rows])}\n`);
  }
  const runs = await history.listRuns();
  const all = [...runs, ...prunes].toSorted((one, other) => timeOf(other).localeCompare(timeOf(one)));
  print(all, () => (all.length === 0 ? '' : `${table([head, ...all.map(lineOf)])}\n`));
  context.log.step(`mirror ${mirror.name}: ${countOf(runs.length, 'run')} in ${history.place}`);
}

const head = ['RUN', 'WORKFLOW', 'VERIFIED', 'IMAGES', 'COPIED', 'UPLOADED', 'RESULT'];

const timeOf = (one: Run | Prune): string => ('deleted' in one ? one.at : one.plannedAt);
const lineOf = (one: Run | Prune): readonly string[] => ('deleted' in one ? pruneRowOf(one) : rowOf(one));

const pruneRowOf = ({ id, at, deleted, left, failed }: Prune): readonly string[] => [
  id,
  'prune',
  at.replace(/\.\d+/u, ''),
  '-',
  '-',
  '-',
  [
    `${deleted.length} deleted`,
    ...(left.length > 0 ? [`${left.length} left`] : []),
    ...(failed > 0 ? [`${failed} not deleted`] : []),
  ].join(', '),
];

const rowsOf = ({ deleted, left }: Prune): readonly (readonly string[])[] => [
  ...deleted.map(({ destination, digest }) => ['deleted', destination, digest]),
  ...left.map(({ destination, why }) => ['left', destination, why]),
];

const rowOf = (run: Run): readonly string[] => [
  run.id,
  run.workflow,
  run.verifiedAt.replace(/\.\d+/u, ''),
  `${run.images}`,
  `${run.copied}`,
  shownBytes(run.bytes),
  isGood(run)
    ? 'clean'
    : [
        ...(run.failing > 0 ? [`${run.failing} failing`] : []),
        ...(run.unlisted > 0 ? [`${countOf(run.unlisted, 'source')} not listed`] : []),
      ].join(', '),
];
