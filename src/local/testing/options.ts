/** What a test of a Pipeline says, and how its definition types it. */
import type { HasRequired, LiteralParams } from '../../tekton/bind.js';
import type { Params } from '../../tekton/param.js';
import type { REFERENCE, Reference } from '../../tekton/reference.js';
import type { ResultDef, Results } from '../../tekton/result.js';
import type { WireValue } from '../../tekton/wire/task.js';
import type { Workspaces } from '../../tekton/workspace.js';
import type { Fakes } from './fakes.js';
import type { Documents } from './input.js';
import type { TestWorkspace } from './workspaces.js';

interface Common extends Fakes {
  /** More that is read: Tasks and StepActions that are referred to by name, ConfigMaps, Secrets. Those of a definition are there already. */
  readonly documents?: readonly Documents[];
  /** The name of what to run, if there are several in a file. */
  readonly name?: string;
  /** What relative paths start from. @default process.cwd() */
  readonly cwd?: string;
}

/** Options of a run whose params and workspaces are known only when it is read. */
export interface RunOptions extends Common {
  readonly params?: Readonly<Record<string, WireValue>>;
  readonly workspaces?: Readonly<Record<string, TestWorkspace>>;
}

type TestWorkspaces<W extends Workspaces> = {
  readonly [N in keyof W as W[N]['need'] extends 'optional' ? never : N]: TestWorkspace;
} & {
  readonly [N in keyof W as W[N]['need'] extends 'optional' ? N : never]?: TestWorkspace;
};

/** Options of a run of a definition: what it requires must be given. */
export type TypedRunOptions<P extends Params, W extends Workspaces> = Common &
  (HasRequired<P> extends true ? { readonly params: LiteralParams<P> } : { readonly params?: LiteralParams<P> }) &
  (HasRequired<W> extends true
    ? { readonly workspaces: TestWorkspaces<W> }
    : { readonly workspaces?: TestWorkspaces<W> });

type ValueOf<V> = V extends { readonly [REFERENCE]: Reference<'array'> }
  ? readonly string[]
  : V extends { readonly [REFERENCE]: Reference<'object'> }
    ? { readonly [K in Exclude<keyof V, symbol>]: string }
    : string;

/** The results of a Pipeline, from what its body gives. */
export type OutputValues<O> = {
  readonly [N in keyof O]: O[N] extends { readonly value: infer V; readonly description: string }
    ? ValueOf<V>
    : ValueOf<O[N]>;
};

type ResultValue<D extends ResultDef> = D extends { readonly type: 'array' }
  ? readonly string[]
  : D extends { readonly type: 'object'; readonly properties: infer K }
    ? { readonly [N in keyof K]: string }
    : string;

/** The results of a Task. */
export type ResultValues<R extends Results> = { readonly [N in keyof R]: ResultValue<R[N]> };
