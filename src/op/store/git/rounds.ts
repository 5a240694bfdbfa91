import { setImmediate } from 'node:timers/promises';
import type { Context } from '../../context.js';

/** Answers all jobs of a round; when it throws, all of them fail. */
type Work<Job, Answer> = (context: Context, jobs: readonly Job[]) => Promise<readonly (Answer | Error)[]>;

/** Does jobs in rounds. */
export interface Rounds<Job, Answer> extends AsyncDisposable {
  /** Waits for the first round that begins after this call. @throws the error of the job, or the signal's reason */
  readonly ask: (context: Context, job: Job) => Promise<Answer>;
}

interface Asker<Job, Answer> {
  readonly job: Job;
  readonly signal: AbortSignal;
  readonly answer: (answer: Answer) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Does jobs in rounds, one round at a time: all jobs that arrive during a round are done together in the next one. So a hundred changes
 * at once need two pushes. A round is stopped when all who wait for it have been told to stop.
 * Disposing of it waits for the end of the current round.
 */
export function createRounds<Job, Answer>(context: Context, work: Work<Job, Answer>): Rounds<Job, Answer> {
  let waiting: Asker<Job, Answer>[] = [];
  let running: Promise<void> | undefined;
  const runAll = async () => {
    while (waiting.length > 0) {
      // What is asked for together, or follows from the same answers, is done together.
      await setImmediate();
      const round = waiting.filter(({ signal }) => !signal.aborted);
      waiting = [];
      if (round.length > 0) await runRound(context, round, work);
    }
    running = undefined;
  };
  return {
    ask: async (asking, job) => {
      asking.signal.throwIfAborted();
      // One for each job: Node warns of many listeners on one signal.
      const signal = AbortSignal.any([asking.signal]);
      return new Promise<Answer>((answer, fail) => {
        const stop = () => fail(signal.reason);
        const ended = () => signal.removeEventListener('abort', stop);
        signal.addEventListener('abort', stop, { once: true });
        waiting.push({
          job,
          signal,
          answer: (given) => {
            ended();
            answer(given);
          },
          fail: (error) => {
            ended();
            fail(error);
          },
        });
        running ??= runAll();
      });
    },
    [Symbol.asyncDispose]: async () => running,
  };
}

async function runRound<Job, Answer>(
  context: Context,
  round: readonly Asker<Job, Answer>[],
  work: Work<Job, Answer>,
): Promise<void> {
  const stop = new AbortController();
  const look = () => {
    if (round.every(({ signal }) => signal.aborted)) stop.abort(round[0]?.signal.reason);
  };
  for (const { signal } of round) signal.addEventListener('abort', look, { once: true });
  try {
    const answers = await work(
      { ...context, signal: stop.signal },
      round.map(({ job }) => job),
    );
    for (const [at, { answer, fail }] of round.entries()) {
      const given = answers[at];
      if (given === undefined) fail(new Error('a job has no answer'));
      else if (given instanceof Error) fail(given);
      else answer(given);
    }
  } catch (error) {
    for (const { fail } of round) fail(error);
  } finally {
    for (const { signal } of round) signal.removeEventListener('abort', look);
  }
}
