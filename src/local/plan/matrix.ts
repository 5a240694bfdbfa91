/** One run per combination of values. Source: matrix_types.go of Tekton. */
import type { WireMatrix } from '../../tekton/wire/pipeline.js';
import type { WireParam } from '../../tekton/wire/task.js';
import type { LocalProblem } from '../contract.js';

/** Tekton's default of `default-max-matrix-combinations-count`. */
const most = 256;

type Row = Map<string, string>;

/** With an array that has no items there is nothing to run: Tekton skips the task (EmptyArrayInMatrixParams). */
export function hasEmptyArray(matrix: WireMatrix): boolean {
  return (matrix.params ?? []).some(({ value }) => Array.isArray(value) && value.length === 0);
}

/**
 * The params of each run, sorted by name. The first param changes fastest.
 * A row of `include` is added to the combinations that it does not contradict, and is a run of its own when it agrees with none.
 */
export function fanOut(matrix: WireMatrix): readonly (readonly WireParam[])[] {
  const { params = [], include = [] } = matrix;
  const added = include.map((row): Row => new Map((row.params ?? []).map(({ name, value }) => [name, textOf(value)])));
  let rows: Row[] = [];
  for (const { name, value } of params) {
    const values = Array.isArray(value) ? value : [];
    // As in Tekton, a param after one without values starts anew.
    const before = rows.length === 0 ? [new Map<string, string>()] : rows;
    rows = values.flatMap((one: string) => before.map((row) => new Map([...row, [name, one]])));
  }
  if (params.length > 0) {
    for (const row of rows) {
      for (const more of added) if (!contradicts(row, more)) for (const [name, value] of more) row.set(name, value);
    }
  }
  for (const more of added) {
    if (params.length === 0 || (more.size > 0 && !rows.some((row) => agrees(row, more)))) rows.push(more);
  }
  return rows.map((row) => [...row].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => ({ name, value })));
}

function textOf(value: WireParam['value']): string {
  return typeof value === 'string' ? value : '';
}

function contradicts(row: Row, more: Row): boolean {
  return [...more].some(([name, value]) => row.has(name) && row.get(name) !== value);
}

function agrees(row: Row, more: Row): boolean {
  return [...more].some(([name, value]) => row.get(name) === value);
}

/** How many runs a matrix makes before anything of it is known to be an array: `$(tasks.NAME.matrix.length)`. */
export function countCombinations({ params = [], include = [] }: WireMatrix): number {
  if (params.length === 0) return include.length;
  const lengths = params.map(({ value }) => (Array.isArray(value) ? value.length : 0)).filter((length) => length > 0);
  const values = new Map(params.map(({ name, value }) => [name, Array.isArray(value) ? value : []]));
  let count = lengths.reduce((product, length) => product * length, 1);
  for (const row of include) {
    for (const { name, value } of row.params ?? []) {
      const known = values.get(name);
      if (known === undefined) continue;
      if (known.includes(textOf(value))) break;
      count++;
    }
  }
  return count;
}

/**
 * What is wrong with a matrix once its variables have values. The words are Tekton's (ValidateParameterTypesInMatrix).
 * @param results whether the results of other tasks have their values, too
 */
export function matrixProblems(task: string, matrix: WireMatrix, results: 'open' | 'known'): LocalProblem[] {
  const wrong = (kind: string, name: string, value: WireParam['value']) =>
    `parameters of type ${kind} only are allowed, but param "${name}" has type "${typeOf(value)}" in pipelineTask "${task}"`;
  const problems: LocalProblem[] = [];
  for (const [row, { params = [] }] of (matrix.include ?? []).entries()) {
    for (const [index, { name, value }] of params.entries()) {
      if (typeof value === 'string') continue;
      const path = `matrix.include[${row}].params[${index}].value`;
      problems.push({ path, what: wrong('string', name, value), hint: 'write one row of include for each value' });
    }
  }
  for (const [index, { name, value }] of (matrix.params ?? []).entries()) {
    if (Array.isArray(value)) continue;
    // An array of results is a text until those results are there.
    if (results === 'open' && typeof value === 'string' && /\$\((?:tasks|finally)\.[^.]+\.results\./u.test(value))
      continue;
    const path = `matrix.params[${index}].value`;
    problems.push({ path, what: wrong('array', name, value), hint: 'write a list' });
  }
  const count = countCombinations(matrix);
  if (count > most) {
    const what = `makes ${count} runs, and Tekton allows ${most}`;
    problems.push({ path: 'matrix', what, hint: 'split the task, or give several values to one run' });
  }
  return problems;
}

function typeOf(value: WireParam['value']): string {
  return typeof value === 'string' ? 'string' : Array.isArray(value) ? 'array' : 'object';
}
