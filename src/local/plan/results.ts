/** The results of a Pipeline from those of its tasks. Source: ApplyTaskResultsToPipelineResults of Tekton. */
import type { WirePipelineResult } from '../../tekton/wire/pipeline.js';
import type { WireValue } from '../../tekton/wire/task.js';
import type { Variables } from '../contract.js';
import { isArray, substituteValue } from '../variables/substitute.js';
import { expressionsOf } from './expressions.js';

/** How a task ended: `Succeeded`, `Failed`, or `None` when it was skipped, and what it made. */
export interface TaskOutcome {
  readonly status: string;
  readonly results: Readonly<Record<string, WireValue>>;
}

/**
 * A result whose sources are there. One that uses a task that failed or was skipped is left out without a word;
 * one that uses what a task that succeeded has not made is in `invalid`, once for each such use, and Tekton says
 * `invalid pipelineresults [NAMES], the referenced results don't exist` and fails the run.
 */
export function pipelineResults(
  specs: readonly WirePipelineResult[],
  tasks: Readonly<Record<string, TaskOutcome>>,
): { readonly results: { readonly name: string; readonly value: WireValue }[]; readonly invalid: string[] } {
  const results: { name: string; value: WireValue }[] = [];
  const invalid: string[] = [];
  for (const { name, value } of specs) {
    const used = expressionsOf(value);
    if (used.length === 0) continue;
    const variables = new Map<string, WireValue>();
    const missing = used.filter((expression) => !look(expression, tasks, variables));
    invalid.push(...missing.filter((expression) => isWrong(expression, tasks)).map(() => name));
    if (missing.length === 0) results.push({ name, value: substituteValue(value, variables) });
  }
  return { results, invalid };
}

/** Notes what an expression stands for; false when it is not there. */
function look(
  expression: string,
  tasks: Readonly<Record<string, TaskOutcome>>,
  variables: Map<string, WireValue> & Variables,
): boolean {
  const parts = expression.split('.');
  const [kind, task = '', results, written = '', key = ''] = parts;
  if ((kind !== 'tasks' && kind !== 'finally') || results !== 'results') return false;
  const name = written.replace(/\[[0-9]*\*?\]/u, '');
  const found = tasks[task]?.results;
  const value = found !== undefined && Object.hasOwn(found, name) ? found[name] : undefined;
  if (value === undefined || parts.length < 4 || parts.length > 5) return false;
  if (parts.length === 5) {
    if (typeof value === 'string' || isArray(value)) return false;
    const part = Object.hasOwn(value, key) ? value[key] : undefined;
    if (part === undefined) return false;
    variables.set(expression, part);
    return true;
  }
  const index = /\[([0-9]*\*?)\]/u.exec(written)?.[1];
  if (isArray(value) && index !== '*') {
    const item = value[Number(index ?? 0)];
    if (item === undefined) return false;
    variables.set(expression, item);
    return true;
  }
  variables.set(typeof value === 'string' ? expression : expression.replace(/\[\*\]$/u, ''), value);
  return true;
}

/** A missing result is no mistake when its task did not succeed. */
function isWrong(expression: string, tasks: Readonly<Record<string, TaskOutcome>>): boolean {
  const [kind, task = '', results, written = ''] = expression.split('.');
  if ((kind !== 'tasks' && kind !== 'finally') || results !== 'results') return true;
  const outcome = tasks[task];
  const name = written.replace(/\[[0-9]*\*?\]/u, '');
  const made = outcome !== undefined && Object.hasOwn(outcome.results, name);
  return made || outcome === undefined || outcome.status === 'Succeeded';
}
