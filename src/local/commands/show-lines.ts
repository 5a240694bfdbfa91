import type { LogLine } from '../contract.js';
import { prefixed } from '../runs/output.js';

/** Colours that are readable on dark and on light. */
const colours = [36, 33, 35, 32, 34, 96, 93, 95, 92, 94];

/**
 * Prints the lines of steps as they come, like `tkn pipelinerun logs`.
 * @param colour whether each task has a colour of its own
 */
export function lineShower(write: (text: string) => void, colour: boolean): (line: LogLine) => void {
  if (!colour) return (line) => write(`${prefixed(line)}\n`);
  const known = new Map<string, number>();
  return (line) => {
    const own = known.get(line.task) ?? colours[known.size % colours.length] ?? 0;
    known.set(line.task, own);
    write(`\u001b[${own}m[${line.task} : ${line.step}]\u001b[0m ${line.text}\n`);
  };
}
