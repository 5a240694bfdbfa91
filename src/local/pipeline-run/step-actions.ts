import type { WireParam, WireParamSpec, WireRef, WireStep, WireTaskSpec, WireValue } from '../../tekton/wire/task.js';
import type { LocalProblem, ParamValues, RefSource, Variables } from '../contract.js';
import type { LocalStepAction } from '../documents/read.js';
import { expressions } from '../plan/expressions.js';
import { withDefaults } from '../plan/params.js';
import { isFound } from '../remote/find.js';
import type { ReferenceProblem } from '../remote/reference.js';
import { notations, paramVariables } from '../variables/params.js';
import { substituteAll, substituteValue } from '../variables/substitute.js';
import { inParams } from './replace.js';

/** Looks up a StepAction by a reference whose variables are replaced. */
export type FindStepAction = (ref: WireRef) => Promise<LocalStepAction | ReferenceProblem>;

/** The StepActions that the steps of a Task refer to, by the step's index, and from where each was fetched. */
export interface FoundStepActions {
  readonly actions: Readonly<Record<number, LocalStepAction>>;
  readonly sources: Readonly<Record<number, RefSource>>;
  readonly problems: readonly LocalProblem[];
}

/**
 * Finds the StepActions that the steps of a Task refer to.
 * @param variables the params of the TaskRun, for the params of resolvers
 */
export async function findStepActions(
  spec: WireTaskSpec,
  variables: Variables,
  find: FindStepAction,
): Promise<FoundStepActions> {
  const actions: Record<number, LocalStepAction> = {};
  const sources: Record<number, RefSource> = {};
  const problems = await Promise.all(
    spec.steps.map(async (step, index): Promise<readonly LocalProblem[]> => {
      const { ref } = step;
      if (ref === undefined) return [];
      const path = `spec.steps[${index}]`;
      const found = await find(ref.params === undefined ? ref : { ...ref, params: inParams(ref.params, variables) });
      if (!isFound(found)) return [{ ...found, path: [`${path}.ref`, found.path].filter(Boolean).join('.') }];
      actions[index] = found;
      if (found.refSource !== undefined) sources[index] = found.refSource;
      return paramProblems(step, found, `${path}.params`);
    }),
  );
  return { actions, sources, problems: problems.flat() };
}

/** Source: validateStepHasStepActionParameters of validate_params.go, and the errors of applyStepActionParameters. */
function paramProblems(
  { params: given = [] }: WireStep,
  { name, spec }: LocalStepAction,
  path: string,
): readonly LocalProblem[] {
  const declared = spec.params ?? [];
  const names = given.map((one) => one.name);
  const missing = declared.filter((param) => param.default === undefined && !names.includes(param.name));
  const extra = names.filter((one) => !declared.some((param) => param.name === one));
  const open = valuesOf(declared, given).unresolved;
  return [
    ...missing.map((param) => ({
      path,
      what: `the param ${param.name} of StepAction ${name} is missing`,
      hint: `add a param ${param.name}`,
    })),
    ...extra.map((one) => ({ path, what: `StepAction ${name} has no param ${one}`, hint: 'leave it out' })),
    ...open.map((one) => ({
      path,
      what: `the default of ${one} of StepAction ${name} refers to params that are not there, or to itself`,
      hint: `give the step a param ${one}`,
    })),
  ];
}

/**
 * Replaces each `ref` of a step by what its StepAction says; one that is not there stays.
 * Source: GetStepActionsData of taskspec.go and applyStepActionParameters of apply.go in pkg/reconciler/taskrun/resources.
 * @param params of the TaskRun; without them, variables of the StepAction stay as text
 */
export function withStepActions<Spec extends WireTaskSpec>(
  spec: Spec,
  actions: Readonly<Record<number, LocalStepAction>>,
  params?: ParamValues,
): Spec {
  const steps = spec.steps.map((step, index) => {
    const action = step.ref === undefined ? undefined : actions[index];
    return action === undefined ? step : merged(step, action, params);
  });
  return { ...spec, steps };
}

function merged(step: WireStep, { spec }: LocalStepAction, params: ParamValues | undefined): WireStep {
  const { ref: _ref, params: given = [], ...own } = step;
  const { params: declared = [], description: _description, ...action } = spec;
  if (params === undefined) return { ...own, ...action };
  const outer = paramVariables(params);
  const passed = given.map(({ name, value }) => ({ name, value: substituteValue(value, outer) }));
  const variables = new Map([
    // What a value of another type or length does not replace, the default does.
    ...paramVariables(withDefaults(declared, {})),
    ...paramVariables(valuesOf(declared, passed).values),
    ...stepResults(declared, passed, JSON.stringify(action)),
  ]);
  return { ...own, ...substituteAll(action, variables) };
}

/** The values of a StepAction's params: what the step passes, else the default, in which other params have their values. */
function valuesOf(declared: readonly WireParamSpec[], given: readonly WireParam[]) {
  const values: Record<string, WireValue> = {};
  let open: WireParamSpec[] = [];
  for (const param of declared) {
    const passed = given.find(({ name }) => name === param.name)?.value;
    const refers = typeof param.default === 'string' && param.default.includes('$(params.');
    if (passed !== undefined) values[param.name] = withKeys(param, passed);
    else if (refers) open.push(param);
    else if (param.default !== undefined) values[param.name] = param.default;
  }
  for (let ready = true; ready; ) {
    const variables = paramVariables(values);
    const isReady = (param: WireParamSpec) =>
      expressions(`${param.default}`).every((one) => !one.startsWith('params.') || variables.has(one));
    for (const param of open.filter(isReady)) values[param.name] = substituteValue(param.default ?? '', variables);
    const left = open.filter((param) => values[param.name] === undefined);
    ready = left.length < open.length;
    open = left;
  }
  return { values, unresolved: open.map(({ name }) => name) };
}

/** An object takes the keys that it lacks from its default. */
function withKeys({ default: byDefault }: WireParamSpec, value: WireValue): WireValue {
  const isObject = (one: WireValue | undefined): one is Readonly<Record<string, string>> =>
    typeof one === 'object' && !Array.isArray(one);
  return isObject(value) && isObject(byDefault) ? { ...byDefault, ...value } : value;
}

/**
 * A param that is a result of an earlier step becomes that reference, which is replaced when the step starts: `$(params.list[*])` is
 * `$(steps.x.results.list[*])`. Source: replacementsFromStepResults.
 */
function stepResults(declared: readonly WireParamSpec[], given: readonly WireParam[], action: string): Variables {
  const variables = new Map<string, string>();
  for (const { name, value } of given) {
    const [, result] = (typeof value === 'string' && /^\$\((steps\.[^.]+\.results\.[^.[\]]+).*\)$/u.exec(value)) || [];
    const param = declared.find((one) => one.name === name);
    if (result === undefined || param === undefined) continue;
    if (param.type === 'object') {
      for (const key of Object.keys(param.properties ?? {}))
        variables.set(`params.${name}.${key}`, `$(${result}.${key})`);
    }
    if (param.type !== 'array') continue;
    for (const notation of notations(name, 'task')) {
      variables.set(`${notation}[*]`, `$(${result}[*])`);
      for (const [, index = ''] of action.matchAll(/\[(\d+)\]/gu)) {
        variables.set(`${notation}[${index}]`, `$(${result}[${index}])`);
      }
    }
  }
  return variables;
}
