import { checkAction } from '../documents/check-names.js';
import type { Gate } from '../documents/shapes.js';
import type { GateOrCheck } from './gates.js';
import type { DeployContext, ItemContext, ItemFunction } from './item-context.js';
import { type BoundRun, bindRuns, isTektonRun, type TektonRun } from './tekton.js';
import { type EnvironmentValue, type Inputs, type OutputRefs, type Outputs, refTo } from './values.js';

interface ItemParts {
  readonly key: string;
  readonly inputs: Inputs;
  readonly gates: readonly Gate[];
  readonly functions: Readonly<Record<string, ItemFunction>>;
  /** What it does by a Task or a Pipeline, not by a function. */
  readonly runs: Readonly<Record<string, BoundRun>>;
}

/** A function, or a Task or Pipeline, that a release calls once. */
export interface Call<Name extends string = string, O = unknown> extends ItemParts {
  readonly is: 'call';
  readonly name: Name;
  /** Its outputs, as inputs of other items. */
  readonly output: OutputRefs<O>;
}

/** A release in an environment: `up` brings it there, `down` takes it away. */
export interface Deploy<O = unknown> extends ItemParts {
  readonly is: 'deploy';
  readonly environment: string;
  readonly output: OutputRefs<O>;
}

export type Item = Call | Deploy;

/** What a call consists of. */
export interface CallOptions<I extends Inputs, O extends Outputs> {
  readonly inputs?: I;
  readonly gates?: readonly GateOrCheck[];
  /** A function; or a Task or Pipeline, see `tekton`. */
  readonly run: ((context: ItemContext<NoInfer<I>>) => O | Promise<O>) | TektonRun<O>;
}

/** What a deployment consists of. */
export interface DeployOptions<I extends Inputs, O extends Outputs> {
  readonly inputs?: I;
  readonly gates?: readonly GateOrCheck[];
  /** Runs for a new release, and again when an input changes: what is there already should stay. */
  readonly up: ((context: DeployContext<NoInfer<I>>) => O | Promise<O>) | TektonRun<O>;
  /** Runs when the environment or the deployment is removed. It should succeed when there is nothing left to remove. */
  readonly down: ((context: DeployContext<NoInfer<I>>) => unknown) | TektonRun;
}

/** Makes an item that calls a function. */
export function call<const Name extends string, I extends Inputs, O extends Outputs>(
  name: Name,
  { inputs, gates = [], run }: CallOptions<I, O>,
): Call<Name, O> {
  const key = `task/${name}`;
  return { is: 'call', name, key, output: outputsOf<O>(key), ...partsOf(inputs, gates, { call: run }) };
}

/** Makes an item that deploys to an environment. */
export function deploy<I extends Inputs, O extends Outputs>(
  { name }: EnvironmentValue,
  { inputs, gates = [], up, down }: DeployOptions<I, O>,
): Deploy<O> {
  const key = `deploy/${name}`;
  return { is: 'deploy', environment: name, key, output: outputsOf<O>(key), ...partsOf(inputs, gates, { up, down }) };
}

function partsOf(
  inputs: Inputs = {},
  gates: readonly GateOrCheck[],
  actions: Readonly<Record<string, unknown>>,
): Pick<ItemParts, 'inputs' | 'gates' | 'runs' | 'functions'> {
  const all: Record<string, unknown> = { ...actions };
  const plain = gates.map((gate): Gate => {
    if (!('run' in gate)) return gate;
    const { run, ...rest } = gate;
    const action = checkAction(gate.name);
    if (action in all) throw new Error(`the check ${gate.name} is there twice`);
    all[action] = run;
    return rest;
  });
  const functions = Object.entries(all).filter(([, action]) => !isTektonRun(action));
  // The types of the inputs were checked where the author wrote them.
  return {
    gates: plain,
    ...bindRuns(inputs, all),
    functions: Object.fromEntries(functions) as Record<string, ItemFunction>,
  };
}

const outputsOf = <O>(key: string): OutputRefs<O> => referencesBelow(`./${key}`) as OutputRefs<O>;

/** An object that has a reference for every name. */
export const referencesBelow = (place: string): object =>
  new Proxy({}, { get: (_, name) => (typeof name === 'string' ? refTo(`${place}#output/${name}`) : undefined) });
