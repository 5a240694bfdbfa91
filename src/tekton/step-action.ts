import type { BoundParams, HasRequired } from './bind.js';
import { type Params, type RefsOf, refsTo } from './param.js';
import type { Owner } from './reference.js';
import type { Results } from './result.js';
import {
  type ActionBody,
  type ActionStep,
  outputsOf,
  type ResultPaths,
  resultPaths,
  type StepActionDefinition,
  type StepOptions,
  type StepWithResults,
} from './step.js';
import { assertItems, assertKind } from './well-formed.js';

/** Options of {@link stepAction}. */
export interface StepActionOptions<P extends Params, R extends Results> {
  readonly description?: string;
  readonly params?: P;
  readonly results?: R;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  /** The container, written with references to the params and to the paths of the results. */
  readonly step: (scope: { readonly params: RefsOf<P, 'task'>; readonly results: ResultPaths<R> }) => ActionBody;
}

type None = Record<never, never>;

/**
 * Defines a StepAction.
 *
 * @example
 * const greet = stepAction('greet', {
 *   params: { who: param.string() },
 *   step: ({ params }) => ({ image, command: ['echo'], args: [text`hello ${params.who}`] }),
 * });
 */
export function stepAction<const P extends Params = None, const R extends Results = None>(
  name: string,
  options: StepActionOptions<P, R>,
): StepActionDefinition<P, R> {
  const owner: Owner = { kind: 'StepAction', name };
  const { step, params = {} as P, results = {} as R, ...rest } = options;
  const body = step({
    params: refsTo(params, { prefix: 'params', scope: 'task', origin: 'param', owner }),
    results: resultPaths(results, 'step.results', owner),
  });
  assertItems(`stepaction/${name}`, { step: [body] });
  return { kind: 'StepAction', name, owner, ...rest, params, results, body };
}

/** Options of a step that runs a StepAction. */
export type StepFromOptions<P extends Params> = Omit<StepOptions, 'name'> &
  Pick<ActionStep, 'computeResources' | 'securityContext'> &
  (HasRequired<P> extends true
    ? { readonly params: BoundParams<P, 'task'> }
    : { readonly params?: BoundParams<P, 'task'> });

/**
 * A step that runs a StepAction, with its params checked in TypeScript and its results usable by later steps.
 *
 * @example stepFrom('greet', greet, { params: { who: params.name } })
 */
export function stepFrom<P extends Params, R extends Results>(
  name: string,
  definition: StepActionDefinition<P, R>,
  options: NoInfer<StepFromOptions<P>>,
): ActionStep & StepWithResults<R> {
  assertKind(`step ${name}`, definition, 'StepAction');
  const owner: Owner = { kind: 'Step', name };
  return { ...options, name, ref: definition, ...outputsOf(name, definition.results, owner) } as ActionStep &
    StepWithResults<R>;
}
