/** The variables that are no params: where things are in a TaskRun, who it is, and what other tasks have made. */
import type { WireValue } from '../../tekton/wire/task.js';
import type { Variables } from '../contract.js';

/** What is known of a run when its variables are made. A part that is left out leaves its variables as text. */
export interface Contexts {
  readonly task?: { readonly name: string; readonly retryCount: number };
  readonly taskRun?: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly pipeline?: { readonly name: string };
  readonly pipelineRun?: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly pipelineTask?: { readonly retries: number };
}

/** `context.*`. */
export function contextVariables(contexts: Contexts): Variables {
  const { task, taskRun, pipeline, pipelineRun, pipelineTask } = contexts;
  const variables = new Map<string, string>();
  if (task) {
    variables.set('context.task.name', task.name).set('context.task.retry-count', String(task.retryCount));
  }
  if (pipeline) variables.set('context.pipeline.name', pipeline.name);
  if (pipelineTask) variables.set('context.pipelineTask.retries', String(pipelineTask.retries));
  for (const [kind, run] of Object.entries({ taskRun, pipelineRun })) {
    if (run === undefined) continue;
    variables.set(`context.${kind}.name`, run.name);
    variables.set(`context.${kind}.namespace`, run.namespace);
    variables.set(`context.${kind}.uid`, run.uid);
  }
  return variables;
}

/** How the name of a result is written in `results.NAME.path`. */
function resultNotations(prefix: string, name: string): string[] {
  return [`${prefix}.${name}.path`, `${prefix}[${JSON.stringify(name)}].path`, `${prefix}['${name}'].path`];
}

/** A workspace as a Task sees it: a `path` of undefined is an optional workspace that nothing is bound to. */
export interface WorkspaceVariables {
  readonly path: string | undefined;
  readonly claim?: string;
  readonly volume?: string;
}

/** Where the parts of a TaskRun are: `workspaces.*`, `results.*.path`, `credentials.path`, exit codes of steps. */
export function taskVariables(task: {
  readonly workspaces: Readonly<Record<string, WorkspaceVariables>>;
  readonly results: readonly string[];
  /** Names of the steps, as Tekton makes them: `unnamed-0` for one without. */
  readonly steps: readonly string[];
  readonly directories: { readonly results: string; readonly steps: string; readonly credentials: string };
}): Variables {
  const variables = new Map<string, string>();
  for (const [name, { path, claim, volume }] of Object.entries(task.workspaces)) {
    variables.set(`workspaces.${name}.bound`, String(path !== undefined));
    variables.set(`workspaces.${name}.path`, path ?? '');
    variables.set(`workspaces.${name}.claim`, claim ?? '');
    if (volume !== undefined) variables.set(`workspaces.${name}.volume`, volume);
  }
  for (const name of task.results) {
    for (const key of resultNotations('results', name)) variables.set(key, `${task.directories.results}/${name}`);
  }
  for (const step of task.steps) {
    variables.set(`steps.${step}.exitCode.path`, `${task.directories.steps}/${step}/exitCode`);
  }
  variables.set('credentials.path', task.directories.credentials);
  return variables;
}

/** `step.results.NAME.path` of one step. */
export function stepResultPaths(step: string, results: readonly string[], stepsDirectory: string): Variables {
  return new Map(
    results.flatMap((name) =>
      resultNotations('step.results', name).map((key) => [key, `${stepsDirectory}/${step}/results/${name}`] as const),
    ),
  );
}

/** `steps.STEP.results.NAME` of steps that have ended, as Tekton's entrypoint reads them. */
export function stepResultVariables(steps: Readonly<Record<string, Readonly<Record<string, WireValue>>>>): Variables {
  return resultVariables('steps', steps);
}

/** `tasks.TASK.results.NAME`, with `[0]`, `.key` and, for whole values, under the plain name. */
export function taskResultVariables(tasks: Readonly<Record<string, Readonly<Record<string, WireValue>>>>): Variables {
  return resultVariables('tasks', tasks);
}

function resultVariables(
  kind: 'steps' | 'tasks',
  owners: Readonly<Record<string, Readonly<Record<string, WireValue>>>>,
): Variables {
  const variables = new Map<string, WireValue>();
  for (const [owner, results] of Object.entries(owners)) {
    for (const [name, value] of Object.entries(results)) {
      for (const key of [
        `${kind}.${owner}.results.${name}`,
        `${kind}.${owner}.results[${JSON.stringify(name)}]`,
        `${kind}.${owner}.results['${name}']`,
      ]) {
        variables.set(key, value);
        if (typeof value === 'string') continue;
        const parts: [string, string][] = Array.isArray(value)
          ? value.map((item: string, index) => [`[${index}]`, item])
          : Object.entries(value).map(([part, item]) => [`.${part}`, item]);
        for (const [part, item] of parts) variables.set(`${key}${part}`, item);
      }
    }
  }
  return variables;
}

/** `tasks.TASK.status`, `tasks.TASK.reason` and `tasks.status`, which finally tasks may read. */
export function taskStatusVariables(
  tasks: Readonly<Record<string, { readonly status: string; readonly reason: string }>>,
  aggregate: string,
): Variables {
  const variables = new Map<string, string>([['tasks.status', aggregate]]);
  for (const [name, { status, reason }] of Object.entries(tasks)) {
    variables.set(`tasks.${name}.status`, status).set(`tasks.${name}.reason`, reason);
  }
  return variables;
}

/** Several tables as one; what comes later wins. */
export function joinVariables(...tables: readonly Variables[]): Variables {
  return new Map(tables.flatMap((table) => [...table]));
}
