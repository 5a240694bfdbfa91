import type { Context } from '../context.js';
import { countOf, bytes as shownBytes, table } from '../kit/log/format.js';
import { openHistory } from './history/open.js';
import { isGood, type Run } from './history/recorded.js';
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
  if (request.run !== undefined) {
    const recorded = await history.readRun(request.run);
    const rows = recorded.images.map(({ outcome, destination, digest }) => [outcome, destination, digest ?? '-']);
    return print(recorded, () => `${table([['OUTCOME', 'DESTINATION', 'DIGEST'], ...rows])}\n`);
  }
  const runs = await history.listRuns();
  print(runs, () => (runs.length === 0 ? '' : `${table([head, ...runs.map(rowOf)])}\n`));
  context.log.step(`mirror ${mirror.name}: ${countOf(runs.length, 'run')} in ${history.place}`);
}

const head = ['RUN', 'WORKFLOW', 'VERIFIED', 'IMAGES', 'COPIED', 'UPLOADED', 'RESULT'];

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
