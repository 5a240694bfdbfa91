import { OpError } from '../../../kit/errors/op-error.js';
import { oneLine } from '../../../kit/log/printable.js';
import { hintFor, type Problem } from '../problem.js';

/** A registry did not do what it was asked for. */
export class RegistryFailure extends OpError {
  readonly problem: Problem;
  /** What the server answered, if it did. */
  readonly status: number | undefined;

  constructor(what: string, why: string, problem: Problem, registry: string, status?: number) {
    super('tool', { what: oneLine(what, 300), why: oneLine(why, 500), hint: hintFor(problem, registry) });
    this.name = 'RegistryFailure';
    this.problem = problem;
    this.status = status;
  }
}

/** Why a status is a failure. Source: OCI distribution specification, "Error Codes"; the status counts, whatever the body is. */
export function problemOfStatus(status: number): Problem {
  if (status === 401 || status === 403) return 'refused';
  if (status === 404) return 'absent';
  if (status === 405) return 'read-only';
  if (status === 408 || status === 429 || status >= 500) return 'busy';
  return 'other';
}

/** What is in the body of an error: JSON of the specification, or, from a proxy in front, a page of HTML, of which nothing is shown. */
export function saidIn(body: string): string {
  try {
    const { errors } = JSON.parse(body);
    const [first] = Array.isArray(errors) ? errors : [];
    const { code, message } = first ?? {};
    const said = [code, message].filter((part) => typeof part === 'string' && part !== '').join(': ');
    if (said !== '') return oneLine(said, 200);
  } catch {
    // No JSON.
  }
  return /^\s*</u.test(body) ? '' : oneLine(body, 200);
}
