import type { WireParamSpec, WireRef, WireStep, WireTaskSpec, WireValue } from '../../tekton/wire/task.js';
import type { LocalProblem, RefSource, Variables } from '../contract.js';
import type { LocalStepAction } from '../documents/read.js';
import { isFound } from '../remote/find.js';
import type { ReferenceProblem } from '../remote/reference.js';
import { paramVariables, substituteAll } from '../variables/substitute.js';
import { inParams } from './replace.js';

/** Looks up a StepAction by a reference whose variables are replaced. */
export type FindStepAction = (ref: WireRef) => Promise<LocalStepAction | ReferenceProblem>;

/** A spec without references, and from where each StepAction was fetched, by the step's index. */
export interface WithStepActions {
  readonly spec: WireTaskSpec;
  readonly sources: Readonly<Record<number, RefSource>>;
  readonly problems: readonly LocalProblem[];
}

/**
 * Replaces each `ref` of a step by what the StepAction says.
 * Source: GetStepActionsData of pkg/reconciler/taskrun/resources/taskspec.go.
 * @param variables the params of the TaskRun, for the params of resolvers
 */
export async function withStepActions(
  spec: WireTaskSpec,
  variables: Variables,
  find: FindStepAction,
): Promise<WithStepActions> {
  const found = await Promise.all(
    spec.steps.map(({ ref }) => {
      if (ref === undefined) return undefined;
      return find(ref.params === undefined ? ref : { ...ref, params: inParams(ref.params, variables) });
    }),
  );
  const problems: LocalProblem[] = [];
  const sources: Record<number, RefSource> = {};
  const steps = spec.steps.map((step, index) => {
    const action = found[index];
    const path = `spec.steps[${index}]`;
    if (action === undefined) return step;
    if (!isFound(action)) {
      problems.push({ ...action, path: [`${path}.ref`, action.path].filter(Boolean).join('.') });
      return step;
    }
    if (action.refSource !== undefined) sources[index] = action.refSource;
    return merged(step, action, path, problems);
  });
  return { spec: { ...spec, steps }, sources, problems };
}

function merged(step: WireStep, { name, spec }: LocalStepAction, path: string, problems: LocalProblem[]): WireStep {
  const { ref: _ref, params: given = [], ...own } = step;
  const { params: declared = [], description: _description, ...action } = spec;
  const values: Record<string, WireValue> = {};
  for (const param of declared) {
    const value = given.find((one) => one.name === param.name)?.value ?? param.default;
    if (value !== undefined) values[param.name] = withDefaults(param, value);
    else
      problems.push({
        path: `${path}.params`,
        what: `the param ${param.name} of StepAction ${name} is missing`,
        hint: `add a param ${param.name}`,
      });
  }
  for (const extra of given) {
    if (declared.some((param) => param.name === extra.name)) continue;
    problems.push({
      path: `${path}.params`,
      what: `StepAction ${name} has no param ${extra.name}`,
      hint: 'leave it out',
    });
  }
  return { ...substituteAll(action, paramVariables(values)), ...own };
}

/** An object takes the keys that it lacks from its default. */
function withDefaults({ default: byDefault }: WireParamSpec, value: WireValue): WireValue {
  const isObject = (one: WireValue | undefined): one is Readonly<Record<string, string>> =>
    typeof one === 'object' && !Array.isArray(one);
  return isObject(value) && isObject(byDefault) ? { ...byDefault, ...value } : value;
}
