import type { Context } from '../../op/context.js';
import { usageError } from '../../op/kit/errors/op-error.js';
import { nearest } from '../../tekton/validate/names.js';
import type { Execution } from '../pipeline-run/execute.js';
import type { RunPlan } from '../pipeline-run/run-plan.js';
import { stepContainer } from '../task-run/pod-paths.js';
import { hasTerminal, openInStep, personsShell, promptOf } from './open-shell.js';

/**
 * Finds the steps that `--break` names.
 * @param places each `TASK/STEP`, or `STEP` if only one task has it
 * @returns each as `TASK/STEP`
 * @throws OpError (usage) without a terminal, and for a step that is not there
 */
export function findBreakpoints(places: readonly string[], { tasks }: RunPlan): ReadonlySet<string> {
  if (places.length > 0 && !hasTerminal()) {
    throw usageError({
      what: '--break needs a terminal',
      why: 'it opens a shell before the step, and the input or output of op is a file or a pipe',
      hint: 'run op local start in a terminal, or leave out --break and use op local shell when the step has failed',
    });
  }
  const known = Object.entries(tasks).flatMap(([task, { spec }]) =>
    spec.steps.map((step, index) => ({ task, step: stepContainer(step.name, index).replace(/^step-/u, '') })),
  );
  const names = known.map(({ task, step }) => `${task}/${step}`);
  const found = places.map((place) => {
    const [only, ...more] = known.filter(({ task, step }) => [step, `${task}/${step}`].includes(place));
    if (only !== undefined && more.length === 0) return `${only.task}/${only.step}`;
    const near = nearest(place, names);
    throw usageError({
      what: `--break=${place} is not one step`,
      why: only === undefined ? 'there is no such step' : 'several tasks have it',
      hint: near === undefined ? `use one of ${names.join(', ')}` : `did you mean ${near}?`,
    });
  });
  return new Set(found);
}

/**
 * Stops before steps: each waits until the shell that is opened in it has ended. Only one shell is open at a time.
 * @param quiet keeps everything else from printing until what it gives is called
 */
export function stopBefore(
  context: Context,
  places: ReadonlySet<string>,
  quiet: () => () => void,
): NonNullable<Execution['before']> {
  let last = Promise.resolve();
  return (task, step, enter, signal) => {
    const place = `${task}/${step}`;
    if (!places.has(place)) return Promise.resolve();
    const open = async () => {
      if (signal.aborted) return;
      const loud = quiet();
      try {
        context.log.step(`before ${place}: this shell is in the step, and the run goes on when it ends`);
        await openInStep(context, place, await enter(personsShell, promptOf(context, place)), signal);
        context.log.step(`${place} starts`);
      } finally {
        loud();
      }
    };
    const own = last.then(open);
    last = own.catch(() => undefined);
    return own;
  };
}
