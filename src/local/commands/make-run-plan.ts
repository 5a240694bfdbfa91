import { dirname, resolve } from 'node:path';
import type { Context } from '../../op/context.js';
import { inputError, usageError } from '../../op/kit/errors/op-error.js';
import { parseDuration } from '../../op/kit/options/duration.js';
import { findProgram } from '../../op/kit/process/find-program.js';
import type { WirePipelineTask } from '../../tekton/wire/pipeline.js';
import type { WireTaskSpec } from '../../tekton/wire/task.js';
import type { LocalPipeline, LocalProblem, ParamValues } from '../contract.js';
import type { Documents, LocalRun } from '../documents/read.js';
import { toParams } from '../pipeline-run/describe.js';
import { type Resolved, resolvePipeline } from '../pipeline-run/make-plan.js';
import { replacePlan, runVariables } from '../pipeline-run/replace-plan.js';
import type { FoundTask, RunPlan, Timeouts } from '../pipeline-run/run-plan.js';
import { withStepActions } from '../pipeline-run/step-actions.js';
import { ownAnnotations } from '../pipelines-as-code/annotations.js';
import { parseEvent } from '../pipelines-as-code/event.js';
import { startedBy } from '../pipelines-as-code/started-by.js';
import { createFiller, type Filler } from '../pipelines-as-code/templates.js';
import { pipelineIndexRefused, taskIndexRefused } from '../plan/array-index.js';
import { matrixProblems } from '../plan/matrix.js';
import { pipelineParams, pipelineParamsRefused, taskParamsRefused } from '../plan/params.js';
import { openCache } from '../remote/cache.js';
import type { Doors } from '../remote/doors.js';
import { createFetcher } from '../remote/fetch.js';
import type { Finder } from '../remote/find.js';
import { credentialsOf } from '../runs/accounts.js';
import { keySources, missingKeys } from '../runs/key-sources.js';
import { filesOfObjects, missingObjects, type ObjectFiles } from '../runs/object-files.js';
import { toolsPath } from '../runs/programs.js';
import { hasTokens } from '../task-run/cluster-token.js';
import { thisMachine } from '../task-run/host-image.js';
import { notEnforced } from '../task-run/not-enforced.js';
import { refusals } from '../task-run/refusals.js';
import { type Binding, parseBinding } from '../workspaces/binding.js';
import { describeTarget, taskRunVariables, type Wanted, withoutUid } from './describe-target.js';
import { findTarget, type Target, targetName, wordsOf } from './find-target.js';
import { finderFor } from './finder-for.js';
import { type GivenParams, givenParams, undeclaredParams } from './given-params.js';
import { readInput, sourcesOf } from './read-input.js';

/** What the command line says about a run. */
export interface PlanRequest extends GivenParams {
  readonly file: readonly string[];
  readonly workspace: readonly string[];
  readonly hostImage?: readonly string[];
  readonly prefixName?: string | undefined;
  readonly labels: readonly string[];
  readonly ownImages?: boolean;
  readonly pipelineTimeout?: string | undefined;
  readonly tasksTimeout?: string | undefined;
  readonly finallyTimeout?: string | undefined;
  /** Nothing is fetched; what was fetched before is used. */
  readonly offline?: boolean | undefined;
  /** `NAME=VALUE` of the event that fills templates of Pipelines-as-Code. */
  readonly event?: readonly string[] | undefined;
  /** The directory where steps of octopipeline keep image info and locks; without one, Tasks that do so are refused. */
  readonly store?: string | undefined;
}

/** A plan, and what is to be said before it runs. */
export interface MadePlan {
  readonly plan: RunPlan;
  readonly notes: readonly string[];
}

/**
 * Reads, looks up and checks everything that a run needs.
 * @param doors to the outside; without them, what a resolver would fetch is refused
 * @throws OpError (input) with everything that is wrong
 */
export async function makeRunPlan(
  context: Context,
  request: PlanRequest,
  words: readonly string[],
  doors?: Doors,
): Promise<MadePlan> {
  const { files: named, name } = wordsOf(context, words);
  const said = new Set<string>();
  const note = (text: string) => void said.add(text);
  const filler = createFiller(context, doors, parseEvent(request.event ?? []));
  const documents = await readInput(context, [...named, ...request.file], filler);
  const files = filesOfObjects(documents.others);
  await using fetcher =
    doors === undefined
      ? undefined
      : createFetcher(context, {
          ...{ doors, note, secrets: files.secrets, offline: request.offline ?? false },
          cache: openCache(context),
        });
  const from = await sourcesOf(context, name === undefined ? named : []);
  const target = findTarget(await choose(documents, name, from, context, filler), name, from);
  const finder = await finderFor(target, documents, { context, fetcher, filler, note });
  const wanted = await describeTarget(target, finder, {
    prefix: request.prefixName,
    params: (ofRun) => undeclaredParams(context, request, ofRun),
  });
  const { store } = request;
  const machine = {
    images: canFetchImages(context),
    hostImage: thisMachine(request.hostImage ?? [], request.ownImages !== true),
    store,
  };
  const made = await planRun(documents, target, wanted, finder, {
    params: await givenParams(context, request, wanted.declared),
    bindings: request.workspace.map((text) => parseBinding(text, context.cwd)),
    labels: labelsOf(request.labels),
    timeouts: timeoutsOf(request),
    ownImages: request.ownImages === true,
    hostImages: request.hostImage ?? [],
    store,
    problemsOf: (_, { spec }, given) => [...refusals(spec, machine), ...missingObjects(spec, given)],
  });
  return { ...made, notes: [...made.notes, ...said] };
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
  const params = wanted.kind === 'TaskRun' ? checked(wanted, typed) : complete(wanted, typed);
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
        .filter(({ path }) => !ofReference(found.spec, path))
        .map((one) => ({ ...one, path: `${found.taskName || task} > ${one.path}` })),
    ),
  ];
  if (problems.length > 0) throw refused(problems);
  const lacking = [...new Set(specs.flatMap(([, { spec }]) => notEnforced(spec)))];
  const notes = lacking.length === 0 ? [] : [`not enforced here: ${lacking.join('; ')}`];
  const local = specs.some(([, { spec }]) => hasTokens(spec))
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
    credentials: credentialsFor(wanted, Object.keys(resolved.tasks), credentialsOf(documents.others, files)),
    files,
    store: given.store,
  };
  const { spec } = replacePlan(plan, '');
  const late = [...spec.tasks, ...(spec.finally ?? [])].flatMap((task) =>
    wanted.kind === 'TaskRun' ? indexProblems(task, resolved) : valueProblems(task, resolved),
  );
  if (late.length > 0) throw refused(late);
  return { plan, notes: [...notes, ...local, ...ignored(documents, finder.notes, resolved, wanted, target)] };
}

/** Whether this machine has the programs that steps in their own images need. */
function canFetchImages(context: Context): boolean {
  const path = toolsPath(context);
  return ['bwrap', 'crane', 'tar'].every((program) => findProgram(program, path) !== undefined);
}

/** Without a name, the event says which of several PipelineRuns of Pipelines-as-Code is meant. */
async function choose(
  documents: Documents,
  name: string | undefined,
  from: ReadonlySet<string>,
  { cwd }: Context,
  filler: Filler,
): Promise<Documents> {
  const considered = ({ source, metadata }: LocalRun) =>
    (from.size === 0 || from.has(source)) && ownAnnotations(metadata.annotations) !== undefined;
  const first = documents.runs.find(considered);
  if (name !== undefined || first === undefined) return documents;
  return startedBy(documents, considered, await filler.values(dirname(resolve(cwd, first.source))));
}

/** Whether a path is in a step whose StepAction was not found, which has been said. */
const ofReference = ({ steps }: WireTaskSpec, path: string): boolean =>
  steps.some((step, index) => step.ref !== undefined && path.startsWith(`spec.steps[${index}].`));

/** What each task gets of the ServiceAccount that it runs as. */
function credentialsFor(
  { account, taskAccounts }: Wanted,
  tasks: readonly string[],
  accounts: ReturnType<typeof credentialsOf>,
): RunPlan['credentials'] {
  return Object.fromEntries(
    tasks.flatMap((task) => {
      const credentials = accounts[taskAccounts[task] ?? account] ?? [];
      return credentials.length === 0 ? [] : [[task, credentials] as const];
    }),
  );
}

/** Fields of a step or a volume of which the Tasks' own notes speak. */
const spoken = /\b(?:securityContext|computeResources|sizeLimit)$/u;

/** Fields of what is used that have no effect on this machine. */
function ignored(
  { others }: Documents,
  notes: readonly LocalProblem[],
  { tasks }: Resolved,
  { pipeline }: Wanted,
  target: Target,
): readonly string[] {
  const used = Object.values(tasks).map(({ taskName }) => `Task/${taskName}`);
  const roots = [`${target.kind}/${targetName(target)}`, `Pipeline/${pipeline.name}`, ...used];
  const givenAccounts = others.some(({ kind }) => kind === 'ServiceAccount');
  return notes
    .filter(
      ({ path }) =>
        roots.some((root) => path.startsWith(`${root} `)) ||
        /^StepAction\/\S+ /u.test(path) ||
        // A file that is left out.
        !/^[A-Z]\w+\//u.test(path),
    )
    .filter(({ path }) => !spoken.test(path) && !(givenAccounts && path.endsWith('serviceAccountName')))
    .map(({ path, what }) => `${path}: ${what}`);
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
  const matrices = matrix === undefined ? [] : matrixProblems(name, matrix);
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

/** The params of a TaskRun. @throws OpError (input) */
function checked({ declared, name, pipeline }: Wanted, given: ParamValues): ParamValues {
  const [task] = pipeline.spec.tasks;
  const refusal = taskParamsRefused(task?.taskRef?.name ?? '', declared, toParams(given));
  if (refusal !== undefined) throw unfit(name, declared, given, refusal.message);
  return given;
}

/** @throws OpError (input) for params that are missing or of another type */
function complete({ declared, name, pipelineName, pipeline }: Wanted, given: ParamValues): ParamValues {
  const run = { name, namespace: 'default', pipeline: pipelineName };
  const resolved = pipelineParams(declared, given, pipelineName || name);
  const refusal =
    pipelineParamsRefused(run, declared, toParams(given)) ??
    pipelineIndexRefused(run, pipeline.spec, toParams(given)) ??
    ('refused' in resolved ? resolved.refused : undefined);
  if (refusal === undefined && 'values' in resolved) return resolved.values;
  throw unfit(pipelineName || name, declared, given, refusal?.message ?? '');
}

function unfit(name: string, declared: Wanted['declared'], given: ParamValues, why: string) {
  const missing = declared.filter((spec) => spec.default === undefined && given[spec.name] === undefined);
  return inputError({
    what: `${name} cannot run with these params`,
    why,
    hint:
      missing.length === 0 ? 'correct the params' : `add ${missing.map((spec) => `-p ${spec.name}=VALUE`).join(' ')}`,
  });
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

function labelsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw usageError({
        what: `--labels=${text} is not a label`,
        why: 'it has no "="',
        hint: 'use --labels=KEY=VALUE',
      });
    }),
  );
}

function timeoutsOf(request: PlanRequest): Partial<Timeouts> {
  const given = { pipeline: request.pipelineTimeout, tasks: request.tasksTimeout, finally: request.finallyTimeout };
  const known = Object.entries(given).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, limit(name, text)] as const],
  );
  return Object.fromEntries(known);
}

function limit(name: string, text: string): number {
  const value = text === '0' ? 0 : parseDuration(text);
  if (value !== undefined) return value;
  throw usageError({
    what: `--${name}-timeout=${text} is not a duration`,
    why: 'it has no unit',
    hint: 'use a duration such as 90s, 10m or 1h30m',
  });
}
