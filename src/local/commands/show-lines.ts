import { coloured } from '../../op/kit/log/printable.js';
import type { LogLine } from '../contract.js';

/** Colours that are readable on dark and on light. */
const colours = [36, 33, 35, 32, 34, 96, 93, 95, 92, 94];

/** Says where a line comes from. */
export type Tag = (task: string, step: string) => string;

/** `[task : step]`. @param colour whether each task has a colour of its own */
export function tags(colour: boolean): Tag {
  if (!colour) return (task, step) => `[${task} : ${step}]`;
  const known = new Map<string, number>();
  return (task, step) => {
    const own = known.get(task) ?? colours[known.size % colours.length] ?? 0;
    known.set(task, own);
    return `\u001b[${own}m[${task} : ${step}]\u001b[0m`;
  };
}

/**
 * Prints the lines of steps as they come, like `tkn pipelinerun logs`.
 * @param terminal whether a terminal shows them, which they must not control
 */
export const lineShower =
  (write: (text: string) => void, tag: Tag, terminal: boolean) =>
  ({ task, step, text }: LogLine): void =>
    write(`${tag(task, step)} ${terminal ? coloured(text) : text}\n`);

/** Lines that can be kept back for a while. */
export function holdable(show: (line: LogLine) => void) {
  let held: LogLine[] | undefined;
  return {
    show: (line: LogLine): void => {
      if (held === undefined) show(line);
      else held.push(line);
    },
    /** Keeps lines back until what it gives is called. */
    hold: () => {
      held ??= [];
      return () => {
        const lines = held ?? [];
        held = undefined;
        for (const line of lines) show(line);
      };
    },
  };
}
