import type { OutputValues, ResultValues } from '../local/testing/options.js';
import type { RunWorkspace, TektonRun } from '../op/releases/author/tekton.js';
import type { Inputs, Ref } from '../op/releases/author/values.js';
import type { HasRequired } from '../tekton/bind.js';
import type { Duration } from '../tekton/duration.js';
import type { ParamLiteral, Params } from '../tekton/param.js';
import type { Outputs, PipelineDefinition } from '../tekton/pipeline.js';
import { impliedBy, wireOf } from '../tekton/render/implied.js';
import type { Results } from '../tekton/result.js';
import type { TaskDefinition } from '../tekton/task.js';
import type { Workspaces } from '../tekton/workspace.js';

/** What a param of a run may be given: a value, or a reference to one. */
type ParamGiven<D> = ParamLiteral<D> | Ref<ParamLiteral<D>>;

type ParamsGiven<P extends Params> = {
  readonly [N in keyof P as P[N]['need'] extends 'optional' ? never : N]: ParamGiven<P[N]>;
} & {
  readonly [N in keyof P as P[N]['need'] extends 'optional' ? N : never]?: ParamGiven<P[N]>;
};

type WorkspacesGiven<W extends Workspaces> = {
  readonly [N in keyof W as W[N]['need'] extends 'optional' ? never : N]: RunWorkspace;
} & {
  readonly [N in keyof W as W[N]['need'] extends 'optional' ? N : never]?: RunWorkspace;
};

/** Without anything declared, `{}` would take everything. */
type NoneOr<D, Given> = [keyof D] extends [never] ? Readonly<Record<string, never>> : Given;

interface Common {
  /** Files and directories of the repository with what else the run refers to: Tasks, ConfigMaps. */
  readonly files?: readonly string[];
  /** @default one hour, as in Tekton */
  readonly timeout?: Duration;
  /**
   * Of its pods on a cluster: one that the Pipelines `release` and `work` allow.
   * @default that of all items
   */
  readonly serviceAccount?: string;
}

/** Params and workspaces of a run of a definition: what it requires must be given. */
export type TektonOptions<P extends Params, W extends Workspaces> = Common &
  (HasRequired<P> extends true
    ? { readonly params: ParamsGiven<P> }
    : { readonly params?: NoneOr<P, ParamsGiven<P>> }) &
  (HasRequired<W> extends true
    ? { readonly workspaces: WorkspacesGiven<W> }
    : { readonly workspaces?: NoneOr<W, WorkspacesGiven<W>> });

/** A Task or a Pipeline by its name, in files of the repository. */
export type NamedTekton<R extends string> = (
  | { readonly task: string; readonly pipeline?: never }
  | { readonly pipeline: string; readonly task?: never }
) & {
  /** YAML files and directories of the repository that it is in. */
  readonly files: readonly string[];
  /** The results that become outputs. */
  readonly results?: readonly R[];
};

/** Params and workspaces of a run of what is known by its name only. */
export interface NamedOptions extends Common {
  readonly params?: Inputs;
  readonly workspaces?: Readonly<Record<string, RunWorkspace>>;
}

/**
 * A Task or a Pipeline in place of a function of a release: as a value of this library, or by its name in YAML of the repository. Its params
 * become inputs of the item, its results the item's outputs. On a laptop it runs as with `op local start`.
 *
 * @example
 * const build = call('build', { run: tekton(cloneBuildPushTask, { params: { url, revision: 'main', defaultRepo } }) });
 * const lint = call('lint', { run: tekton({ task: 'lint', files: ['tekton/'], results: ['warnings'] }, { params: { level: 'all' } }) });
 * @throws CatalogError for a definition that is not valid
 */
export function tekton<P extends Params, R extends Results, W extends Workspaces>(
  what: TaskDefinition<P, R, W>,
  options: NoInfer<TektonOptions<P, W>>,
): TektonRun<ResultValues<R>>;
export function tekton<P extends Params, W extends Workspaces, O extends Outputs>(
  what: PipelineDefinition<P, W, O>,
  options: NoInfer<TektonOptions<P, W>>,
): TektonRun<OutputValues<O>>;
export function tekton<const R extends string = never>(
  what: NamedTekton<R>,
  options?: NamedOptions,
): TektonRun<{ readonly [N in R]: string }>;
export function tekton(
  what: TaskDefinition | PipelineDefinition | NamedTekton<string>,
  { params = {}, workspaces = {}, files = [], timeout, serviceAccount }: NamedOptions = {},
): TektonRun {
  const of = { octopipeline: 'tekton', params, workspaces, timeout, serviceAccount } as const;
  if (!('kind' in what)) {
    const { task, pipeline, files: own, results = [] } = what;
    const named =
      task === undefined ? ({ kind: 'Pipeline', name: pipeline } as const) : ({ kind: 'Task', name: task } as const);
    return { ...of, ...named, documents: undefined, files: [...own, ...files], results };
  }
  const objects = new Map([what, ...impliedBy(what)].map((one) => [`${one.kind}/${one.name}`, wireOf(one)]));
  const documents = [...objects.values()].map((object) => JSON.stringify(object)).join('\n---\n');
  return { ...of, kind: what.kind, name: what.name, documents, files, results: undefined };
}
