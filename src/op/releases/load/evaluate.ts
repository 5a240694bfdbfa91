import * as v from 'valibot';
import { inputError, OpError } from '../../kit/errors/op-error.js';
import type { ItemFunction } from '../author/item-context.js';
import { call, deploy, type Item } from '../author/items.js';
import { otherRelease, type ReleaseDefinition, type ReleaseScope } from '../author/release.js';
import type { BoundRun } from '../author/tekton.js';
import { type Environments, type EnvironmentValue, isRef, refTo } from '../author/values.js';
import { canBeInput, canBeName } from '../documents/names.js';
import {
  type Environment,
  jsonShape,
  type Plan,
  type PlanInput,
  type PlanItem,
  type PlanRun,
} from '../documents/shapes.js';
import { digestOf } from '../documents/signature.js';
import { formatReference, parseReference, type ReferenceBase } from '../reference/reference.js';

/** What a file of a release says for the environments that there are. */
export interface Evaluated {
  readonly plan: Plan;
  /** By item and what it does: `call`, `up`, `down`. */
  readonly functions: ReadonlyMap<string, Readonly<Record<string, ItemFunction>>>;
  /** Environments that it makes. */
  readonly registered: readonly EnvironmentValue[];
}

/**
 * Runs the function of a definition, without running any item.
 * @param base what the references of the release are relative to
 * @throws OpError (input) when it throws, or its plan is not valid
 */
export function evaluate(
  definition: ReleaseDefinition,
  environments: readonly Environment[],
  base: ReferenceBase,
): Evaluated {
  const refuse = (why: string) =>
    inputError({ what: `${base.path} is not a valid release`, why, hint: 'correct the file, and see op release lint' });
  const phases: { readonly name: string; readonly items: readonly Item[] }[] = [];
  const declared: Item[] = [];
  const registered: EnvironmentValue[] = [];
  const scope: ReleaseScope = {
    environments: () => listOf(environments.map(({ name, attributes }) => ({ name, attributes }))),
    phase: (name, items) => void phases.push({ name, items: [...items] }),
    call: (name, options) => added(declared, call(name, options)),
    deploy: (environment, options) => added(declared, deploy(environment, options)),
    custom: (name) => refTo(`@/custom/${name}`),
    ownCustom: (name) => refTo(`./custom/${name}`),
    of: (file) => otherRelease(file) as never,
    registerEnvironment: (name, attributes = {}) => added(registered, { name, attributes }),
  };
  try {
    definition.define(scope);
  } catch (error) {
    if (error instanceof OpError) throw error;
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const items = phases.flatMap((phase) => phase.items);
  const problem = problemOf(items, declared, registered);
  if (problem !== undefined) throw refuse(problem);
  const plan: Plan = {
    name: definition.name,
    environments: [...environments],
    phases: phases.map(({ name, items }) => ({
      name,
      items: items.map((item) => planItem(item, base, refuse)),
    })),
    ...documentsIn(items),
  };
  return { plan, functions: new Map(items.map((item) => [item.key, item.functions])), registered };
}

function added<One, Many extends One>(list: One[], one: Many): Many {
  list.push(one);
  return one;
}

function listOf(environments: readonly EnvironmentValue[]): Environments {
  const where: Environments['where'] = (fits) =>
    listOf(
      environments.filter((one) =>
        typeof fits === 'function'
          ? fits(one)
          : Object.entries(fits).every(([key, value]) => one.attributes[key] === value),
      ),
    );
  return Object.assign([...environments], { where });
}

function problemOf(
  items: readonly Item[],
  declared: readonly Item[],
  registered: readonly EnvironmentValue[],
): string | undefined {
  const keys = items.map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) return `${twice} is there twice: a call and an environment can be in one phase only`;
  const left = declared.find((item) => !items.includes(item));
  if (left !== undefined) return `${left.key} is in no phase`;
  if (registered.length > 0 && declared.length > 0) return 'it makes environments and has items: these are two files';
  const names = [...registered.map(({ name }) => name), ...keys.map((key) => key.slice(key.indexOf('/') + 1))];
  const wrong = names.find((name) => !canBeName(name));
  if (wrong !== undefined) return `"${wrong}" is not a name: letters, digits, "_", "." and "-", at most 63`;
  const inputs = items.flatMap(({ key, inputs }) => Object.keys(inputs).map((name) => ({ key, name })));
  const unusable = inputs.find(({ name }) => !canBeInput(name) || name === 'environment');
  return unusable && `"${unusable.name}" cannot be the name of an input of ${unusable.key}`;
}

function planItem(item: Item, base: ReferenceBase, refuse: (why: string) => OpError): PlanItem {
  const runs = Object.entries(item.runs).map(([does, run]) => [does, planRun(run)] as const);
  return {
    key: item.key,
    inputs: planInputs(item, base, refuse),
    gates: [...item.gates],
    ...(runs.length === 0 ? {} : { runs: Object.fromEntries(runs) }),
  };
}

const planRun = ({
  kind,
  name,
  documents,
  files,
  params,
  workspaces,
  timeout,
  serviceAccount,
  results,
}: BoundRun): PlanRun => ({
  kind,
  name,
  ...(documents === undefined ? {} : { digest: digestOf(documents) }),
  files: [...files],
  params,
  workspaces,
  ...(timeout === undefined ? {} : { timeout }),
  ...(serviceAccount === undefined ? {} : { serviceAccount }),
  ...(results === undefined ? {} : { results: [...results] }),
});

function documentsIn(items: readonly Item[]): Pick<Plan, 'documents'> {
  const texts = items.flatMap(({ runs }) => Object.values(runs).flatMap(({ documents }) => documents ?? []));
  if (texts.length === 0) return {};
  return { documents: Object.fromEntries(texts.map((text) => [digestOf(text), text])) };
}

/** References become absolute. A deployment also has its environment as an input: it is deployed again when an attribute changes. */
function planInputs(
  { key, is, inputs }: Item,
  base: ReferenceBase,
  refuse: (why: string) => OpError,
): Record<string, PlanInput> {
  const environment = is === 'deploy' ? { environment: refTo(`@/environment/${key.slice('deploy/'.length)}`) } : {};
  return Object.fromEntries(
    Object.entries({ ...inputs, ...environment }).map(([name, value]): [string, PlanInput] => {
      const given = isRef(value) ? value.default : value;
      const read = v.safeParse(v.optional(jsonShape), given);
      if (!read.success) throw refuse(`input ${name} of ${key} is not JSON`);
      if (isRef(value)) {
        const ref = formatReference(parseReference(value.ref, base));
        return [name, read.output === undefined ? { ref } : { ref, default: read.output }];
      }
      if (read.output === undefined) throw refuse(`input ${name} of ${key} is undefined`);
      return [name, { value: read.output }];
    }),
  );
}
