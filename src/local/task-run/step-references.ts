import { join } from 'node:path';
import type { WireWhen } from '../../tekton/wire/task.js';
import { type Environment, expand } from './environment.js';
import { parseValue, readResult } from './results.js';

/** What results of earlier steps change just before a step starts. */
export interface Late {
  readonly env: Environment;
  readonly command: readonly string[];
  readonly when: readonly WireWhen[];
}

const reference = /\$\(steps\..*?\.results\..*?\)/gu;
/** Neither name is a path: a step may leave links where its results are. */
const parts = /^\$\(steps\.([^./]+)\.results\.([^./[\]]+)(?:\[([0-9]+|\*)\]|\.([^.[\]]+))?\)$/u;

/**
 * Replaces `$(steps.STEP.results.RESULT)` in environment, command and `when`, as the entrypoint in a pod does.
 * If one cannot be found, all that comes after it stays as it is. Source: applyStepResultSubstitutions, pkg/entrypoint/entrypointer.go.
 * @param steps the directory with one directory for each step's container
 */
export async function replaceStepResults(late: Late, steps: string): Promise<Late & { readonly problem?: string }> {
  let { env, command, when } = late;
  try {
    env = Object.fromEntries(
      await Promise.all(Object.entries(env).map(async ([name, text]) => [name, await inText(text, steps)] as const)),
    );
    when = await Promise.all(when.map((one) => inWhen(one, steps)));
    command = await inList(command, steps);
    return { env, command, when };
  } catch (error) {
    return { env, command, when, problem: error instanceof Error ? error.message : String(error) };
  }
}

async function inWhen(when: WireWhen, steps: string): Promise<WireWhen> {
  return {
    ...when,
    ...(when.input !== undefined && { input: await inText(when.input, steps) }),
    ...(when.values && { values: await inList(when.values, steps) }),
  };
}

async function inList(items: readonly string[], steps: string): Promise<string[]> {
  const replaced = items.map(async (item) => {
    const [, , , part] = parts.exec(item) ?? [];
    const value = part === '*' ? await readReference(item, steps) : await inText(item, steps);
    return typeof value === 'string' ? [value] : [...value];
  });
  return (await Promise.all(replaced)).flat();
}

async function inText(text: string, steps: string): Promise<string> {
  let done = text;
  for (const [found] of text.matchAll(reference)) {
    const value = await readReference(found, steps);
    done = done.replaceAll(found, () => (typeof value === 'string' ? value : ''));
  }
  return done;
}

async function readReference(text: string, steps: string): Promise<string | readonly string[]> {
  const [, step, result, part, key] = parts.exec(text) ?? [];
  if (step === undefined || result === undefined) throw new Error(`${text} is no result of a step`);
  const file = join(steps, `step-${step}`, 'results', result);
  const written = await readResult(file);
  if (written === undefined) throw new Error(`${text} was not written`);
  const value = parseValue(written);
  if (Array.isArray(value)) {
    const list: readonly string[] = value;
    if (part === '*') return list;
    const item = part === undefined ? '' : list[Number(part)];
    if (item === undefined) throw new Error(`${text}: the result has ${list.length} items`);
    return item;
  }
  if (typeof value === 'string') return part === undefined && key === undefined ? value : '';
  return key === undefined ? '' : (entries(value)[key] ?? '');
}

/** Array.isArray does not tell a readonly array from an object. */
const entries = (value: object): Readonly<Record<string, string>> => Object.fromEntries(Object.entries(value));

/** Whether a step runs. CEL is refused before. */
export function allows(when: readonly WireWhen[]): boolean {
  return when.every(({ input = '', operator, values = [] }) => values.includes(input) === (operator !== 'notin'));
}

/** Command and arguments with the variables of the container in them. */
export const expandAll = (items: readonly string[], env: Environment): string[] =>
  items.map((item) => expand(item, env));
