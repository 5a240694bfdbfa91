import { OpError } from '../../../kit/errors/op-error.js';
import { oneLine } from '../../../kit/log/printable.js';
import { type Problem, problemOfAnswer } from '../answers/problem-of-answer.js';
import { type RegistryAnswer, readErrorBody } from '../answers/read-answer.js';
import { hintFor } from '../problem.js';

/** A registry did not do what it was asked for. */
export class RegistryFailure extends OpError {
  readonly problem: Problem;
  /** What the server answered, if it did. */
  readonly status: number | undefined;

  constructor(what: string, why: string, problem: Problem, registry: string, status?: number, cause?: unknown) {
    super('tool', { what: oneLine(what, 300), why: oneLine(why, 500), hint: hintFor(problem, registry), cause });
    this.name = 'RegistryFailure';
    this.problem = problem;
    this.status = status;
  }
}

/** What a request was for. */
export type Requested = RegistryAnswer['request'];

/** Why an answer is a failure. @param body if it is known: a status alone does not tell a quota from a refusal */
export const problemOf = (status: number, body = '', request: Requested = 'read'): Problem =>
  problemOfAnswer({ status, ...readErrorBody(body), request }) ?? 'other';

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
