import type { WireParamSpec, WireStep, WireTaskSpec, WireValue } from '../../tekton/wire/task.js';
import type { LocalProblem } from '../contract.js';
import type { LocalStepAction } from '../documents/read.js';
import { paramVariables, substituteAll } from '../variables/substitute.js';

/**
 * Replaces each `ref` of a step by what the StepAction says.
 * Source: GetStepActionsData of pkg/reconciler/taskrun/resources/taskspec.go.
 */
export function withStepActions(
  spec: WireTaskSpec,
  actions: readonly LocalStepAction[],
): { readonly spec: WireTaskSpec; readonly problems: readonly LocalProblem[] } {
  const problems: LocalProblem[] = [];
  const steps = spec.steps.map((step, index) => {
    if (step.ref === undefined) return step;
    const path = `spec.steps[${index}]`;
    const { resolver, name = nameIn(step) } = step.ref;
    const local = resolver === undefined || resolver === 'cluster' || resolver === 'hub';
    const action = local ? actions.find((one) => one.name === name) : undefined;
    if (action !== undefined) return merged(step, action, path, problems);
    problems.push({
      path: `${path}.ref`,
      what: local
        ? `there is no StepAction ${name ?? ''}`
        : `the resolver ${resolver} is not supported on this machine`,
      hint: local
        ? 'say where it is with -f FILE or -f DIR'
        : 'fetch the StepAction, name it in ref.name, and give its file with -f',
    });
    return step;
  });
  return { spec: { ...spec, steps }, problems };
}

/** The `name` that a `cluster` or `hub` resolver is given. */
const nameIn = ({ ref }: WireStep): string | undefined => {
  const value = ref?.params?.find(({ name }) => name === 'name')?.value;
  return typeof value === 'string' ? value : undefined;
};

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
