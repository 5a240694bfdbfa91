/** What two runs of one document are compared for: how all of it ended, without names and times that no two runs share. */
import { needsOf } from '../../../src/local/plan/dag.js';
import type { WirePipelineSpec } from '../../../src/tekton/wire/pipeline.js';
import type { Fields } from './pipeline-case.js';

/** The parts of a run's object that are read here, of a PipelineRun and of a TaskRun. */
export interface RunObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: Fields;
  readonly status?: Status;
}

interface Status {
  readonly conditions?: readonly Condition[];
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly finallyStartTime?: string;
  readonly podName?: string;
  readonly results?: unknown;
  readonly skippedTasks?: unknown;
  readonly childReferences?: readonly object[];
  readonly steps?: readonly Step[];
  readonly sidecars?: readonly Step[];
  readonly retriesStatus?: readonly Status[];
  readonly pipelineSpec?: WirePipelineSpec;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

interface Step {
  readonly name: string;
  readonly container?: string;
  readonly terminationReason?: string;
  readonly results?: unknown;
  readonly terminated?: { readonly exitCode: number; readonly reason: string; readonly message?: string };
}

/** What each step of a TaskRun printed, by its name; steps that printed nothing are left out. */
export type Logs = Readonly<Record<string, readonly string[]>>;

export interface Ended {
  readonly run: RunObject;
  readonly taskRuns: readonly RunObject[];
  /** By the name of the TaskRun. */
  readonly logs: Readonly<Record<string, Logs>>;
}

/** A run that was not started at all, with why; or how it ended. */
export type Outcome = { readonly refused: string } | Ended;

/** Whether Tekton ended a task that still waited for its pod. */
export const isLate = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined &&
  'run' in outcome &&
  outcome.taskRuns.some(({ status = {} }) => conditionOf(status)?.[2]?.includes('Previous status: [Pending]'));

const conditionOf = ({ conditions = [] }: Status = {}) => {
  const [condition] = conditions;
  return condition && [condition.status, condition.reason, condition.message];
};

/** Without what is not there, so that both sides say nothing in the same way. */
const present = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const stepOf = ({ name, container, terminationReason, results, terminated }: Step) =>
  present({
    name,
    container,
    terminationReason,
    results,
    exitCode: terminated?.exitCode,
    reason: terminated?.reason,
    message: terminated?.message,
  });

/** A step of a pod that was never made has no more than a name, and only on Tekton is it shown. */
const stepsOf = ({ steps = [] }: Status) => steps.filter(({ container }) => container !== undefined).map(stepOf);

/** The sidecar of a pod that is gone has any end, or none. */
const sidecarOf = ({ name, container }: Step) => ({ name, container });

function taskRunOf({ spec, status = {}, metadata }: RunObject, logs: Logs | undefined): Fields {
  return present({
    condition: conditionOf(status),
    task: metadata.labels?.['tekton.dev/pipelineTask'],
    params: spec.params,
    timeout: spec.timeout,
    stopped: spec.statusMessage,
    results: status.results,
    steps: stepsOf(status),
    sidecars: status.sidecars?.map(sidecarOf),
    attempts: status.retriesStatus?.map((one) => ({ condition: conditionOf(one), steps: stepsOf(one) })),
    logs: logs && linesOf(logs, status.steps ?? []),
  });
}

/** Tekton's entrypoint and op each say why a step did not run, or what stopped it, in words of their own. */
const ownWords =
  /^(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d |op: |Step was skipped due to when expressions|Termination message is above max allowed size)/u;

/** What a shell and its commands say on stderr comes last: Kubernetes does not keep the order of lines between stdout and stderr. */
const ofShell = (line: string) => /^(?:sh|cat|ls|\/tekton\/scripts\/\S+): /u.test(line);

/** What the programs of the steps printed; sidecars are not among them. */
function linesOf(logs: Logs, steps: readonly Step[]): Logs {
  const lines = steps.map(({ name }) => {
    const printed = (logs[name] ?? []).filter((line) => !ownWords.test(line));
    return [name, [...printed.filter((line) => !ofShell(line)), ...printed.filter(ofShell)]] as const;
  });
  return Object.fromEntries(lines.filter(([, printed]) => printed.length > 0));
}

/** The comparable parts of a run that was started. */
export function comparable({ run, taskRuns, logs }: Ended): Fields {
  const { status = {} } = run;
  const all = taskRuns.map((one) => [one.metadata.name, taskRunOf(one, logs[one.metadata.name])] as const);
  if (run.kind === 'TaskRun') return Object.fromEntries(all);
  return present({
    condition: conditionOf(status),
    skippedTasks: status.skippedTasks,
    childReferences: status.childReferences,
    results: status.results,
    finally: status.finallyStartTime !== undefined,
    taskRuns: Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1))),
  });
}

/** Tasks that started before one ended that they wait for: `a before b`. Times are whole seconds. */
export function disorder({ run, taskRuns }: Ended): readonly string[] {
  const spec = run.status?.pipelineSpec;
  if (spec === undefined) return [];
  const last = (spec.finally ?? []).map(({ name }) => name);
  const edges = [
    ...[...needsOf(spec)].flatMap(([name, needs]) => needs.map((need) => [need, name] as const)),
    ...last.flatMap((name) => spec.tasks.map((task) => [task.name, name] as const)),
  ];
  const of = (name: string) => taskRuns.filter(({ metadata }) => metadata.labels?.['tekton.dev/pipelineTask'] === name);
  const seconds = (text: string | undefined) => Math.floor(Date.parse(text ?? '') / 1000);
  return edges.flatMap(([first, second]) => {
    const ends = of(first).map(({ status }) => seconds(status?.completionTime));
    const starts = of(second).map(({ status }) => seconds(status?.startTime));
    const late = ends.length > 0 && starts.length > 0 && Math.max(...ends) > Math.min(...starts);
    return late ? [`${second} before ${first}`] : [];
  });
}
