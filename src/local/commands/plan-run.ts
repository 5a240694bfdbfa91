import { inputError } from '../../op/kit/errors/op-error.js';
import type { WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireTaskSpec } from '../../tekton/wire/task.js';
import type { LocalPipeline, LocalProblem, ParamValues } from '../contract.js';
import type { Documents } from '../documents/read.js';
import { toParams } from '../pipeline-run/describe.js';
import { type Resolved, resolvePipeline } from '../pipeline-run/make-plan.js';
import { replacePlan, runVariables } from '../pipeline-run/replace-plan.js';
import type { FoundTask, RunPlan, Timeouts } from '../pipeline-run/run-plan.js';
import { withStepActions } from '../pipeline-run/step-actions.js';
import { taskIndexRefused } from '../plan/array-index.js';
import { matrixProblems } from '../plan/matrix.js';
import { taskParamsRefused } from '../plan/params.js';
import type { Finder } from '../remote/find.js';
import { decidedElsewhere, namedOwnObjects } from '../remote/own-objects.js';
import { credentialsOf } from '../runs/accounts.js';
import { keySources, missingKeys } from '../runs/key-sources.js';
import { filesOfObjects, type ObjectFiles } from '../runs/object-files.js';
import { hasStoreSteps } from '../task-run/cluster-token.js';
import { notEnforced } from '../task-run/not-enforced.js';
import type { Binding } from '../workspaces/binding.js';
import { taskRunVariables, type Wanted, withoutUid } from './describe-target.js';
import type { Target } from './find-target.js';
import { fitPipelineParams, fitTaskParams } from './fit-params.js';
import { ignoredFields } from './ignored-fields.js';

/** A plan, and what is to be said before it runs. */
export interface MadePlan {
  readonly plan: RunPlan;
  readonly notes: readonly string[];
}

/** What is given for a run, besides what its document says. */
export interface Given {
  /** Of the types that are declared. */
  readonly params: ParamValues;
  readonly bindings: readonly Binding[];
  readonly labels: Readonly<Record<string, string>>;
  readonly timeouts: Partial<Timeouts>;
  readonly ownImages: boolean;
  /** More images that are this machine: patterns, see `thisMachine`. */
  readonly hostImages: readonly string[];
  /** The directory where steps of octopipeline keep image info and locks. */
  readonly store: string | undefined;
  /** What of the Task of a PipelineTask cannot be done here; paths start at the Task. */
  readonly problemsOf: (pipelineTask: string, task: FoundTask, files: ObjectFiles) => readonly LocalProblem[];
}

/** Looks up and checks everything that a run needs. @throws OpError (input) with everything that is wrong */
export async function planRun(
  documents: Documents,
  target: Target,
  wanted: Wanted,
  finder: Finder,
  given: Given,
): Promise<MadePlan> {
  const files = filesOfObjects(documents.others);
  const bindings = [
    ...wanted.bindings.filter((one) => !given.bindings.some((other) => other.name === one.name)),
    ...given.bindings,
  ];
  const typed = { ...wanted.params, ...given.params };
  const params = wanted.kind === 'TaskRun' ? fitTaskParams(wanted, typed) : fitPipelineParams(wanted, typed);
  const pipeline = wanted.kind === 'TaskRun' ? withParams(wanted.pipeline, typed) : wanted.pipeline;
  const { name: runName, pipelineName } = wanted;
  const around = { name: runName, namespace: 'default', pipelineName, spec: pipeline.spec, params, bindings };
  const variables = wanted.kind === 'TaskRun' ? taskRunVariables(runName, typed) : withoutUid(runVariables(around, ''));
  const bound = new Set(bindings.map((one) => one.name));
  const resolved = await resolvePipeline(pipeline, bound, variables, finder);
  const specs = Object.entries(resolved.tasks).map(
    ([task, found]) => [task, { ...found, spec: withStepActions(found.spec, found.actions) }] as const,
  );
  const problems = [
    ...resolved.problems,
    ...unknown(wanted, bindings),
    ...unboundObjects(bindings, files),
    ...specs.flatMap(([task, found]) =>
      given
        .problemsOf(task, found, files)
        .concat(namedOwnObjects(resolved.tasks[task] ?? found, found.spec, wanted.fetched !== undefined))
        .filter(({ path }) => !ofReference(found.spec, path))
        .map((one) => ({ ...one, path: `${found.taskName || task} > ${one.path}` })),
    ),
  ];
  if (problems.length > 0) throw refused(problems);
  const credentials = credentialsFor(wanted, resolved.tasks, credentialsOf(documents.others, files));
  const lacking = [...new Set(specs.flatMap(([, { spec }]) => notEnforced(spec)))];
  const notes = lacking.length === 0 ? [] : [`not enforced here: ${lacking.join('; ')}`];
  const local = specs.some(([, { spec }]) => hasStoreSteps(spec))
    ? [`no cluster here: op keeps image info and locks in ${given.store}`]
    : [];
  const plan: RunPlan = {
    kind: wanted.kind,
    name: wanted.name,
    namespace: 'default',
    labels: { ...wanted.labels, ...given.labels },
    pipelineName,
    ...(wanted.fetched === undefined ? {} : { fetched: wanted.fetched }),
    spec: resolved.spec,
    tasks: resolved.tasks,
    params: wanted.kind === 'TaskRun' ? {} : params,
    bindings,
    timeouts: { ...wanted.timeouts, ...given.timeouts },
    taskTimeouts: wanted.taskTimeouts,
    ownImages: given.ownImages,
    hostImages: given.hostImages,
    credentials: credentials.given,
    files,
    store: given.store,
  };
  const { spec } = replacePlan(plan, '');
  const late = [...spec.tasks, ...(spec.finally ?? [])].flatMap((task) =>
    wanted.kind === 'TaskRun' ? indexProblems(task, resolved) : valueProblems(task, resolved),
  );
  if (late.length > 0) throw refused(late);
  return {
    plan,
    notes: [
      ...notes,
      ...local,
      ...credentials.notes,
      ...ignoredFields(documents, finder.notes, resolved, wanted, target),
    ],
  };
}

/** Whether a path is in a step whose StepAction was not found, which has been said. */
const ofReference = ({ steps }: WireTaskSpec, path: string): boolean =>
  steps.some((step, index) => step.ref !== undefined && path.startsWith(`spec.steps[${index}].`));

/** What each task gets of the ServiceAccount that it runs as: nothing, if a document that was fetched decides what it does. */
function credentialsFor(
  { account, taskAccounts, fetched }: Wanted,
  tasks: Resolved['tasks'],
  accounts: ReturnType<typeof credentialsOf>,
): { readonly given: RunPlan['credentials']; readonly notes: readonly string[] } {
  const all = Object.entries(tasks).flatMap(([task, found]) => {
    const name = taskAccounts[task] ?? account;
    const credentials = accounts[name] ?? [];
    const kept = decidedElsewhere(found, fetched !== undefined);
    return credentials.length === 0 ? [] : [{ task, name, credentials, kept }];
  });
  return {
    given: Object.fromEntries(all.flatMap(({ task, credentials, kept }) => (kept ? [] : [[task, credentials]]))),
    notes: all
      .filter(({ kept }) => kept)
      .map(({ task, name }) => {
        const why = 'a document that was fetched decides what it does; bind a workspace to what it needs';
        return `${task} gets no Secrets of the ServiceAccount ${name}: ${why}`;
      }),
  };
}

/** A Pipeline of one task, with the params of the TaskRun. */
function withParams({ spec, ...rest }: LocalPipeline, values: ParamValues): LocalPipeline {
  return { ...rest, spec: { ...spec, tasks: spec.tasks.map((task) => ({ ...task, params: toParams(values) })) } };
}

/** What is wrong with the params of a task, once those of the Pipeline have values. */
function valueProblems({ name, params = [], matrix }: WirePipelineTask, { tasks }: Resolved): readonly LocalProblem[] {
  const { taskName = '', spec } = tasks[name] ?? {};
  const rows = [...(matrix?.params ?? []), ...(matrix?.include ?? []).flatMap((row) => row.params)];
  const refusal = taskParamsRefused(taskName, spec?.params ?? [], params, rows);
  const hint = 'give the task what its Task declares';
  const matrices = matrix === undefined ? [] : matrixProblems(name, matrix, 'open');
  return [
    ...(refusal === undefined ? [] : [{ path: `${name} > params`, what: refusal.message, hint }]),
    ...matrices.map((one) => ({ ...one, path: `${name} > ${one.path}` })),
  ];
}

/** Items that the params of a TaskRun do not have. Those of a Pipeline's tasks may be results. */
function indexProblems({ name, params = [] }: WirePipelineTask, { tasks }: Resolved): readonly LocalProblem[] {
  const spec = tasks[name]?.spec;
  const refusal = spec && taskIndexRefused(spec, params);
  if (refusal === undefined) return [];
  return [{ path: `${name} > params`, what: refusal.message, hint: 'give the array more items, or use fewer' }];
}

function unknown({ pipeline }: Wanted, bindings: readonly Binding[]): readonly LocalProblem[] {
  const names = (pipeline.spec.workspaces ?? []).map(({ name }) => name);
  // An embedded spec may use a workspace that is not declared.
  const embedded = [...pipeline.spec.tasks, ...(pipeline.spec.finally ?? [])].some(
    ({ taskSpec }) => taskSpec !== undefined,
  );
  return bindings
    .filter(({ name }) => !embedded && !names.includes(name))
    .map(({ name }) => ({
      path: `-w ${name}`,
      what: `there is no workspace ${name}`,
      hint: names.length === 0 ? 'it has no workspaces' : `its workspaces are ${names.join(', ')}`,
    }));
}

/** Workspaces that a run binds to a Secret or ConfigMap that was not given. */
function unboundObjects(bindings: readonly Binding[], files: ObjectFiles): readonly LocalProblem[] {
  return bindings.flatMap(({ name, source }) => {
    if (source.kind !== 'keys') return [];
    const sources = keySources(source.volume);
    const key = sources.some(({ kind }) => kind === 'secrets') ? 'secret' : 'config';
    const hint = `give it as a document with -f FILE, or its files with -w name=${name},${key}=DIR`;
    return missingKeys(`workspaces > ${name}`, sources, files).map((one) => ({ ...one, hint }));
  });
}

/** The error that says all of them. */
export function refused(problems: readonly LocalProblem[]) {
  const [first] = problems;
  const lines = problems.map(({ path, what, hint }) => `${path}: ${what}; ${hint}`);
  return inputError({
    what:
      problems.length === 1
        ? 'this cannot run on this machine'
        : `this cannot run on this machine, for ${problems.length} reasons`,
    why: lines.join('\n'),
    hint: first === undefined ? '' : first.hint,
  });
}
