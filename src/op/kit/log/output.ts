import type { Context } from '../../context.js';
import { secondsBetween } from './format.js';
import { oneLine } from './printable.js';
import { startHeartbeat } from './progress.js';

/** What a program prints while it works; the end of its `using` ends the reports. */
export interface Output extends Disposable {
  readonly line: (line: string) => void;
}

/** Keeps back what a program prints, and reports now and then how long it has taken and its last line. @param doing such as "building web" */
export function watchOutput(context: Context, doing: string): Output {
  const report = startReport(context, () => doing);
  return {
    line: (line) => {
      report.last(line);
      context.log.detail(line);
    },
    [Symbol.dispose]: () => report[Symbol.dispose](),
  };
}

/** Milliseconds until the first report: short work needs none. */
const first = 30_000;
/** Characters of a report that a screen shows beside the name of the step. */
const width = 120;

/** Reports at longer and longer intervals what is going on, for how long, and the last line of its output. */
export function startReport(context: Context, doing: () => string): Disposable & { last: (line: string) => void } {
  const started = context.now();
  let last = '';
  const say = () => {
    const said = `${doing()}: ${Math.round(secondsBetween(started, context.now()))} s`;
    return oneLine(last === '' ? said : `${said}; ${last}`, width);
  };
  const heartbeat = startHeartbeat(context, say, first);
  return {
    last: (line) => {
      last = line;
    },
    [Symbol.dispose]: () => heartbeat[Symbol.dispose](),
  };
}
