import type { Tag } from './show-lines.js';
import { took } from './table.js';

/** A terminal that the view is drawn on. */
export interface Screen {
  readonly write: (text: string) => void;
  /** Its size in characters, now. */
  readonly size: () => { readonly columns: number; readonly rows: number };
}

/** A TaskRun that works, as the view shows it. */
export interface Row {
  /** The step that runs now. */
  readonly at: (step: string) => void;
  readonly end: () => void;
}

/** Status lines below the log: the tasks that work, each with its step and its time. */
export interface LiveView {
  readonly row: (task: string) => Row;
  /** Prints something above the status lines; they follow a moment later, so that much output is not slowed down. */
  readonly above: (print: () => void) => void;
  /** Removes the status lines until what it gives is called. */
  readonly hide: () => () => void;
  /** Draws them anew. */
  readonly draw: () => void;
  /** Removes them for ever. */
  readonly stop: () => void;
}

/** More rows say little, and would push the log out of sight. */
const most = 8;

/** How often times are drawn anew, and how long output must rest before the status lines follow it. */
const pace = { tick: 1000, rest: 100 };

/** @param now for the time of each row */
export function liveView({ write, size }: Screen, tag: Tag, now: () => Date): LiveView {
  const rows = new Set<{ readonly task: string; readonly since: Date; step: string }>();
  let drawn = 0;
  let hidden = 0;
  let rest: NodeJS.Timeout | undefined;
  const erase = () => {
    if (drawn > 0) write(`\u001b[${drawn}A\u001b[J`);
    drawn = 0;
  };
  const draw = () => {
    if (hidden > 0) return;
    const { columns, rows: height } = size();
    const room = Math.max(0, Math.min(most, height - 2));
    const all = [...rows];
    const shown = all.length > room ? all.slice(0, Math.max(0, room - 1)) : all;
    const lines = shown.map(({ task, step, since }) =>
      rowText(tag, task, step, took(since.toISOString(), undefined, now()), columns),
    );
    if (shown.length < all.length && room > 0)
      lines.push(`  and ${all.length - shown.length} more`.slice(0, columns - 1));
    erase();
    if (lines.length > 0) write(lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  };
  const soon = () => {
    rest ??= setTimeout(() => {
      rest = undefined;
      draw();
    }, pace.rest);
  };
  const clock = setInterval(draw, pace.tick);
  return {
    row: (task) => {
      const row = { task, since: now(), step: '…' };
      rows.add(row);
      soon();
      return {
        at: (step) => {
          row.step = step;
          soon();
        },
        end: () => {
          rows.delete(row);
          soon();
        },
      };
    },
    above: (print) => {
      erase();
      print();
      soon();
    },
    hide: () => {
      erase();
      hidden++;
      return () => {
        hidden--;
        soon();
      };
    },
    draw,
    stop: () => {
      clearInterval(clock);
      clearTimeout(rest);
      erase();
      hidden = Number.POSITIVE_INFINITY;
    },
  };
}

/** A row must not be longer than the terminal is wide: it would take two lines. */
function rowText(tag: Tag, task: string, step: string, time: string, columns: number): string {
  const head = `  ${time.padStart(4)} `;
  const plain = `${head}[${task} : ${step}]`;
  return plain.length < columns ? `${head}${tag(task, step)}` : plain.slice(0, columns - 1);
}
