/** One problem in a definition: where it is, what is wrong, and how to fix it. */
export interface Problem {
  /** Where, from the outside in: `pipeline/deliver > tasks[2] promote > params.source`. */
  readonly path: string;
  /** What is wrong, in one sentence without a full stop. */
  readonly message: string;
  /** How to fix it. */
  readonly hint?: string;
}

/** A problem whose path is still relative to what was checked. */
export type Report = (path: string, message: string, hint?: string) => void;

/** Joins the parts of a path; empty parts are dropped. */
export function at(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' > ');
}

/** A reporter whose paths start below `prefix`. */
export function below(report: Report, prefix: string): Report {
  return (path, message, hint) => report(at(prefix, path), message, hint);
}

/**
 * Thrown by `assertValid` and by every `toX()`: all problems of one or several definitions at once.
 *
 * @example
 * try { toTask(def) } catch (error) { if (error instanceof CatalogError) console.error(error.problems) }
 */
export class CatalogError extends Error {
  readonly code = 'invalid-definition';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(`${count} in the catalog's definitions\n${problems.map(describe).join('\n')}`);
    this.name = 'CatalogError';
    this.problems = problems;
  }
}

function describe(problem: Problem): string {
  const hint = problem.hint === undefined ? '' : `\n    do: ${problem.hint}`;
  return `  ${problem.path}: ${problem.message}${hint}`;
}
