import type { Context } from '../../op/context.js';
import type { LogLine } from '../contract.js';
import type { RunTask } from '../pipeline-run/execute.js';
import { liveView } from './live-view.js';
import { holdable, lineShower, tags } from './show-lines.js';

/** What a person sees while a run is under way. */
export interface Display {
  /** Prints a line of a step. */
  readonly show: (line: LogLine) => void;
  /** For what else is said meanwhile. */
  readonly log: Context['log'];
  /** Shows each TaskRun while it works. */
  readonly watched: (runTask: RunTask) => RunTask;
  /** Keeps all else from the terminal, for a shell, until what it gives is called. */
  readonly quiet: () => () => void;
  /** The run has ended: what follows is printed as usual. */
  readonly stop: () => void;
}

/**
 * On a terminal: lines with a colour for each task unless NO_COLOR is set, and below them the tasks that work, with their time. Elsewhere
 * only the lines.
 * @param text whether the lines are op's output; else they are on stderr, as they come
 */
export function displayOf({ env, out, log, now }: Context, text: boolean): Display {
  const terminal = text && process.stdout.isTTY === true;
  const tag = tags(terminal && !env.NO_COLOR);
  if (!terminal || env.TERM === 'dumb') {
    const write = text ? out : (line: string) => log.step(line.trimEnd());
    const lines = holdable(lineShower(write, tag, terminal || process.stderr.isTTY === true));
    return { show: lines.show, log, watched: (runTask) => runTask, quiet: lines.hold, stop: () => undefined };
  }
  const size = () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 });
  const view = liveView({ write: out, size }, tag, now);
  const print = lineShower(out, tag, true);
  const lines = holdable((line) => view.above(() => print(line)));
  return {
    show: lines.show,
    log: {
      step: (said) => view.above(() => log.step(said)),
      progress: (said) => view.above(() => log.step(said)),
      warn: (said) => view.above(() => log.warn(said)),
      debug: (said) => view.above(() => log.debug(said)),
      detail: (said) => view.above(() => log.detail(said)),
      details: log.details,
      live: log.live,
    },
    watched: (runTask) => async (context, request, follow) => {
      const row = view.row(request.pipelineTask ?? (request.taskName || request.name));
      try {
        return await runTask(context, request, {
          ...follow,
          step: (state) => {
            if (state.running !== undefined) row.at(state.name);
            follow.step(state);
          },
        });
      } finally {
        row.end();
      }
    },
    quiet: () => {
      const [loud, seen] = [lines.hold(), view.hide()];
      return () => {
        seen();
        loud();
      };
    },
    stop: view.stop,
  };
}
