import { stringRef } from './make-reference.js';
import { type Params, refsTo } from './param.js';
import { absentKeys } from './record.js';
import type { Owner, StringRef } from './reference.js';
import type { Results } from './result.js';
import {
  type ContainerOptions,
  resultPaths,
  type Sidecar,
  type Step,
  type TaskContext,
  type TaskScope,
} from './step.js';
import { assertForms, assertItems } from './well-formed.js';
import type { Volume } from './wire/pod.js';
import { taskWorkspaces, type Workspaces } from './workspace.js';

/** Steps alone, or steps together with the step results that become results of the Task. */
export type StepsOrMore<R extends Results> =
  | readonly Step[]
  | { readonly steps: readonly Step[]; readonly results: { readonly [N in keyof R]?: StringRef<'task'> } };

/** Options of {@link task}. Leave out what the Task does not need. */
export interface TaskOptions<P extends Params, R extends Results, W extends Workspaces> {
  readonly displayName?: string;
  readonly description?: string;
  readonly params?: P;
  readonly results?: R;
  readonly workspaces?: W;
  readonly volumes?: readonly Volume[];
  /** Defaults for every step. */
  readonly stepTemplate?: ContainerOptions;
  readonly sidecars?: readonly Sidecar[] | ((scope: TaskScope<P, R, W>) => readonly Sidecar[]);
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  /** The steps, written with references to what the Task declares. */
  readonly steps: (scope: TaskScope<P, R, W>) => StepsOrMore<NoInfer<R>>;
}

/** A Task as a value. `toTask` renders it; Pipelines use it directly. */
export interface TaskDefinition<
  P extends Params = Params,
  R extends Results = Results,
  W extends Workspaces = Workspaces,
> {
  readonly kind: 'Task';
  readonly name: string;
  /** The owner of the references inside. */
  readonly owner: Owner;
  readonly displayName?: string;
  readonly description?: string;
  readonly params: P;
  readonly results: R;
  readonly workspaces: W;
  readonly volumes: readonly Volume[];
  readonly stepTemplate?: ContainerOptions;
  readonly sidecars: readonly Sidecar[];
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  readonly steps: readonly Step[];
  /** Results of the Task that are results of one of its steps. */
  readonly resultValues: { readonly [name: string]: StringRef<'task'> };
  /** Unknown options, kept so that validation can name them. */
  readonly unknown: readonly string[];
  /** Options that were given without a value. */
  readonly absent: readonly string[];
}

type None = Record<never, never>;

/**
 * Defines a Task. Only types are checked here; `validate`, `assertValid` and `toTask` report every problem.
 *
 * @example
 * export const gitClone = task('git-clone', {
 *   params: { url: param.string(), revision: param.string({ default: 'main' }) },
 *   results: { commit: result.string() },
 *   workspaces: { output: workspace() },
 *   steps: ({ params, results, workspaces }) => [{
 *     name: 'clone',
 *     image,
 *     command: ['op'],
 *     args: ['git-clone', flag('url', params.url), flag('destination', workspaces.output.path),
 *            text`--result=commit=${results.commit.path}`],
 *   }],
 * });
 */
export function task<const P extends Params = None, const R extends Results = None, const W extends Workspaces = None>(
  name: string,
  options: TaskOptions<P, R, W>,
): TaskDefinition<P, R, W> {
  const root = `task/${name}`;
  assertForms(root, { name: [name, 'text'], options: [options, 'object'] });
  const owner: Owner = { kind: 'Task', name };
  const {
    params = {} as P,
    results = {} as R,
    workspaces = {} as W,
    displayName,
    description,
    volumes = [],
    stepTemplate,
    sidecars = [],
    labels,
    annotations,
    steps: write,
    ...others
  } = options;
  const scope: TaskScope<P, R, W> = {
    params: refsTo(params, { prefix: 'params', scope: 'task', origin: 'param', owner }),
    results: resultPaths(results, 'results', owner),
    workspaces: taskWorkspaces(workspaces, owner),
    context: taskContext(owner),
  };
  const written: StepsOrMore<NoInfer<R>> = write(scope) ?? { steps: undefined, results: {} };
  const { steps, results: resultValues = {} } = isList(written) ? { steps: written, results: {} } : written;
  const besides = typeof sidecars === 'function' ? sidecars(scope) : sidecars;
  assertItems(root, { steps, sidecars: besides, volumes });
  return {
    kind: 'Task',
    name,
    owner,
    ...(displayName === undefined ? {} : { displayName }),
    ...(description === undefined ? {} : { description }),
    params,
    results,
    workspaces,
    volumes,
    ...(stepTemplate === undefined ? {} : { stepTemplate }),
    sidecars: besides,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    steps,
    resultValues: resultValues as { readonly [name: string]: StringRef<'task'> },
    unknown: Object.keys(others),
    absent: absentKeys(options),
  };
}

function isList<R extends Results>(written: StepsOrMore<R>): written is readonly Step[] {
  return Array.isArray(written);
}

function taskContext(owner: Owner): TaskContext {
  const variable = (expression: string) =>
    stringRef({ kind: 'string', scope: 'task', origin: 'context', owner, name: expression, expression });
  return {
    taskRun: {
      name: variable('context.taskRun.name'),
      namespace: variable('context.taskRun.namespace'),
      uid: variable('context.taskRun.uid'),
    },
    task: { name: variable('context.task.name'), retryCount: variable('context.task.retry-count') },
  };
}
