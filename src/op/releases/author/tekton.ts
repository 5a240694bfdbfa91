import type { Json } from '../../store/documents/body.js';
import { type Inputs, isRef, type Ref } from './values.js';

/**
 * A workspace of a run: a copy of a directory of the commit; an empty directory; a claim, which keeps its files for other items; or a Secret
 * or a ConfigMap. On a laptop a claim is a directory, and Secrets and ConfigMaps are those of the `files` of the run.
 */
export type RunWorkspace =
  | { readonly directory: string }
  | { readonly emptyDir: true }
  | { readonly claim: string }
  | { readonly secret: string }
  | { readonly configMap: string };

declare const outputType: unique symbol;

/** A Task or a Pipeline in place of a function, as `tekton` makes it. */
export interface TektonRun<O = unknown> {
  readonly octopipeline: 'tekton';
  readonly kind: 'Task' | 'Pipeline';
  readonly name: string;
  /** It and what it refers to, as YAML; undefined for one that is in files of the repository. */
  readonly documents: string | undefined;
  /** Files and directories of the repository that it, or what it refers to, is in. */
  readonly files: readonly string[];
  readonly params: Inputs;
  readonly workspaces: Readonly<Record<string, RunWorkspace>>;
  /** Such as `30m`. */
  readonly timeout: string | undefined;
  /** Of its pods on a cluster; undefined for that of all items. */
  readonly serviceAccount: string | undefined;
  /** The results that become outputs; undefined for all. */
  readonly results: readonly string[] | undefined;
  readonly [outputType]?: O;
}

export const isTektonRun = (value: unknown): value is TektonRun =>
  typeof value === 'object' && value !== null && 'octopipeline' in value && value.octopipeline === 'tekton';

/** A run whose params are inputs of its item. */
export interface BoundRun extends Omit<TektonRun, 'params'> {
  /** The input that gives each param. */
  readonly params: Readonly<Record<string, string>>;
}

interface Bound {
  readonly inputs: Inputs;
  readonly runs: Readonly<Record<string, BoundRun>>;
}

/**
 * Makes the params of runs inputs of their item, so that they are shown, approved and looked at again like others. A param has its own name;
 * where that is another input already, as `environment` of a deployment is, it is `up_NAME`, or `up_NAME_2`.
 * @param actions what the item does: functions, which are left out here, and runs
 */
export function bindRuns(given: Inputs, actions: Readonly<Record<string, unknown>>): Bound {
  const inputs: Record<string, Json | Ref> = { ...given };
  const runs: Record<string, BoundRun> = {};
  for (const [does, run] of Object.entries(actions)) {
    if (!isTektonRun(run)) continue;
    const params: Record<string, string> = {};
    for (const [param, value] of Object.entries(run.params)) {
      if (value === undefined) continue;
      const own = param.replace(/\W/gu, '_');
      const isTaken = (name: string) =>
        name === 'environment' || (inputs[name] !== undefined && !isSame(inputs[name], value));
      let name = own;
      for (let count = 1; isTaken(name); count++)
        name = `${does.replace(/\W/gu, '_')}_${own}${count === 1 ? '' : `_${count}`}`;
      inputs[name] = value;
      params[param] = name;
    }
    runs[does] = { ...run, params };
  }
  return { inputs, runs };
}

const isSame = (a: Json | Ref, b: Json | Ref): boolean =>
  isRef(a) === isRef(b) && JSON.stringify(a) === JSON.stringify(b);
