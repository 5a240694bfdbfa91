import type { Context } from '../../context.js';
import { table } from '../../kit/log/format.js';
import type { RequestOf } from '../../kit/options/option.js';
import { ageText } from '../../store/hold/lock.js';
import type { reportOptions, shownOptions } from '../options.js';
import { figuresOf } from '../report/figures.js';
import { type Cell, environmentNames, statusOf } from '../report/status.js';
import { nameOfWork } from '../worker/act.js';
import { openPlace } from './place.js';
import { waitingText } from './show-next.js';

/** `op status`: what runs where, since when and by whom, and what waits for what. @throws OpError */
export async function showStatus(context: Context, request: RequestOf<typeof shownOptions>): Promise<void> {
  await using place = await openPlace(context, request);
  const snapshot = await place.records.snapshot();
  const status = statusOf(snapshot);
  if (request.output === 'json') {
    context.out(`${JSON.stringify(status, undefined, 2)}\n`);
    return;
  }
  const { deployments, ready } = status;
  const environments = environmentNames(status);
  const cellAt = new Map(deployments.map((one) => [`${one.environment} ${one.package}`, one]));
  const rows = [...snapshot.packages.values()].map((view) => [
    view.name,
    ...environments.map((environment) => cellText(cellAt.get(`${environment} ${view.name}`), context.now())),
    view.document.open.map((number) => `r${number}`).join(' '),
  ]);
  if (rows.length === 0) {
    context.out('no releases yet: op release new FILE makes one\n');
    return;
  }
  context.out(`${table([['PACKAGE', ...environments, 'OPEN'], ...rows])}\n`);
  if (ready.length > 0) {
    context.out(`\nready (op work any):\n${ready.map((work) => `  ${nameOfWork(work)}\n`).join('')}`);
  }
  const waiting = waitingText(status.waiting);
  if (waiting !== '') context.out(`\n${waiting}`);
}

/** `op status --report`: how often, how fast and how well releases reach each environment. @throws OpError */
export async function showReport(
  context: Context,
  request: RequestOf<typeof shownOptions & typeof reportOptions>,
): Promise<void> {
  await using place = await openPlace(context, request);
  const { packages } = await place.records.snapshot();
  const releases = (await place.records.allReleases()).filter((one) => packages.has(one.package));
  const now = context.now();
  const figures = figuresOf(releases, {
    now,
    since: new Date(now.getTime() - request.days * 24 * 3_600_000),
    isBad: (release) => packages.get(release.package)?.intent.verdicts[release.number]?.is === 'bad',
  });
  if (request.output === 'json') {
    context.out(`${JSON.stringify(figures, undefined, 2)}\n`);
    return;
  }
  const time = (milliseconds: number | undefined) => (milliseconds === undefined ? '-' : ageText(milliseconds));
  const rows = figures.map((one) => [
    one.environment,
    `${one.deployments}`,
    one.perDay.toFixed(1),
    time(one.leadTime),
    one.failureRate === undefined ? '-' : `${Math.round(one.failureRate * 100)} %`,
    time(one.timeToRestore),
  ]);
  const head = ['ENVIRONMENT', 'RELEASES', 'PER DAY', 'LEAD TIME', 'FAILED', 'RESTORED IN'];
  context.out(`${table([head, ...rows])}\n`);
}

function cellText(cell: Cell | undefined, now: Date): string {
  if (cell === undefined) return '-';
  const { release, since, by, wanted, held, failed } = cell;
  const marks = [
    ...(wanted === release ? [] : [wanted === null ? 'goes' : `-> ${wanted}`]),
    ...(held === null ? [] : ['held']),
    ...(failed === null ? [] : ['failed']),
  ];
  if (release === null) return ['-', ...marks].join(' ');
  const age = since === null ? '' : ageText(now.getTime() - Date.parse(since));
  return [release, `${age} ${by}`, ...marks].join(', ');
}
