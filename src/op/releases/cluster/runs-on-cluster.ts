import type { Context } from '../../context.js';
import { deadlineError, OpError, refusedError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Json } from '../../store/documents/body.js';
import { type KubeObject, type KubernetesApi, kinds } from '../../systems/kubernetes/api.js';
import { followUntil } from '../../systems/kubernetes/follow-until.js';
import type { Ending } from '../changes/changes.js';
import { checkAction, checkOf } from '../documents/check-names.js';
import type { Away, Environment, Plan, Release, Run } from '../documents/shapes.js';
import { signatureOf } from '../documents/signature.js';
import { itemsOf } from '../next/phases.js';
import { parseReference } from '../reference/reference.js';
import type { Call, Found, Runner, SeenAway } from '../worker/runner.js';
import { resultOf, type TektonValue } from '../worker/tekton.js';
import { type Answer, answerResult, decodeAnswer } from './answer.js';
import { problemOfEnvironments, problemOfPlan } from './check-plan.js';
import { digestAnnotation, type ItemRun, type ItemSettings, plannedRun, requestRun } from './item-run.js';
import { hasEnded, type Judged, judge } from './judge.js';
import { itemLabel } from './options.js';
import type { ItemRequest } from './request.js';

/** What a worker on a cluster works with. */
export interface OnCluster {
  readonly context: Context;
  /** Of the namespace of the TaskRuns. */
  readonly api: KubernetesApi;
  /** As in a lock of the store. */
  readonly cluster: string;
  readonly settings: ItemSettings;
  /** The repository, as references have it. */
  readonly repository: string;
  /** When this worker stops to wait for what goes on. */
  readonly until: Date;
}

/** A release that has no plan yet. */
export interface Planless {
  readonly package: string;
  readonly number: number;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** Another one for each time that a branch is looked at; empty for a commit. */
  readonly run: string;
}

/** A plan, the commit that it is of, and environments that the file makes. */
export interface Planned {
  readonly commit: string;
  readonly plan: Plan;
  readonly registered: Extract<Answer, { is: 'planned' }>['registered'];
}

/** A runner of TaskRuns and PipelineRuns: no code of the repository runs in this process. */
export interface ClusterRunner extends Runner {
  /** Undefined while its TaskRun goes on. @throws OpError */
  readonly planOf: (of: Planless, environments: readonly Environment[]) => Promise<Planned | undefined>;
}

/** How often a TaskRun that says nothing is started for a plan. */
const attempts = 3;
/** Milliseconds that a TaskRun may need to start, before those who cannot see it take it for gone. */
const startsWithin = 24 * 3_600_000;

export function runsOnCluster(on: OnCluster): ClusterRunner {
  const { api, settings, repository, cluster, until } = on;
  const { namespace } = api;
  /** Plans that are being made. */
  const planning = new Set<string>();
  const has = (name: string) => parseReference(name).repo === repository;

  const planOf: ClusterRunner['planOf'] = async ({ package: name, number, revision, run }, environments) => {
    const { repo, path } = parseReference(name);
    const request: ItemRequest = { do: 'plan', repo, path, number, environments: [...environments] };
    const words = `${name}/@r${number} plan ${revision} ${run} ${signatureOf(environments)}`;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const one = requestRun(settings, attempt === 1 ? words : `${words} ${attempt}`, request, revision);
      const place = `taskrun/${namespace}/${one.name}`;
      const found = (await api.get(one.kind, one.name)) ?? (await createOrAdopt(api, one));
      const judged = judge(place, found);
      if (judged.is === 'running') {
        planning.add(place);
        return undefined;
      }
      planning.delete(place);
      if (judged.is === 'lost') {
        on.context.log.warn(`${place} ended without a plan: ${judged.why}`);
        continue;
      }
      return readPlan(await answerOf(api, judged), judged, {
        what: `${name} at ${revision}`,
        place,
        environments,
        repository,
      });
    }
    throw toolError({
      what: `cannot plan ${name} at ${revision}`,
      why: `its TaskRun ended ${attempts} times without a plan`,
      hint: `kubectl get taskrun --namespace ${namespace} --selector ${itemLabel}=plan`,
    });
  };

  const find: Runner['find'] = async (context, release, item, action): Promise<Found> => {
    const { package: name, commit, plan } = release;
    if (!has(name)) throw notOurs(name, repository);
    const planned = itemsOf(plan).find(({ key }) => key === item)?.runs?.[action];
    const runOf = (of: string, { inputs, environment, item: shown }: Call): ItemRun => {
      if (planned !== undefined) return plannedRun(settings, of, plan, planned, inputs);
      const { repo, path } = parseReference(name);
      const common = { repo, path, number: release.number, environments: plan.environments, commit };
      const request: ItemRequest = { do: 'run', ...common, key: item, action, item: shown, inputs, environment };
      return requestRun(settings, of, request, commit);
    };
    return (number, call) => {
      const made = `${release.created.at} ${release.created.run}`;
      const run = runOf(`${release.ref}/${call.item} ${action} ${number} ${made}`, call);
      return {
        in: `${run.kind.kind.toLowerCase()}/${namespace}/${run.name}`,
        cluster,
        until: new Date(context.now().getTime() + settings.timeout + startsWithin).toISOString(),
        start: async () => void (await createOrAdopt(api, run)),
      };
    };
  };

  const look = async (_: Context, away: Away, release: Release | undefined): Promise<SeenAway | undefined> => {
    const [word, of, name = ''] = away.in.split('/');
    if (away.cluster !== cluster || of !== namespace) return undefined;
    const kind = word === 'pipelinerun' ? kinds.pipelineRun : kinds.taskRun;
    const judged = judge(away.in, await api.get(kind, name));
    if (judged.is === 'running') return 'running';
    if (judged.is === 'lost') return { status: 'lost', why: judged.why };
    const run = release?.runs.find((one) => one.item === away.item && one.number === away.run);
    return endingOf(api, judged, release, run);
  };

  return {
    has,
    planOf,
    plan: async (of, environments) => {
      if (!has(of.package)) throw notOurs(of.package, repository);
      const { commit: revision } = of;
      const found = await planOf({ package: of.package, number: of.number, revision, run: '' }, environments);
      return found?.plan;
    },
    find,
    look,
    untilOneEnds: (context, runs) => untilOneEnds(context, api, [...runs, ...planning], until),
  };
}

const notOurs = (name: string, repository: string) =>
  refusedError({
    what: `${name} is not of this repository`,
    why: `this is ${repository}`,
    hint: 'start the Pipeline with the URL of the other repository',
  });

/** Creates a run; one that is there already and does the same is that run. @throws OpError (tool) for another one */
async function createOrAdopt(api: KubernetesApi, { kind, name, object, digest }: ItemRun): Promise<KubeObject> {
  const created = await api.create(kind, object);
  if (created !== 'conflict') return created;
  const found = await api.get(kind, name);
  if (found?.metadata.annotations?.[digestAnnotation] === digest) return found;
  throw toolError({
    what: `cannot start ${kind.kind} ${name}`,
    why: found === undefined ? 'it was deleted just now' : 'there is one of this name, which does something else',
    hint: `run it again; if that one has ended: kubectl delete ${kind.kind.toLowerCase()} ${name} --namespace ${api.namespace}`,
  });
}

type Ended = Extract<Judged, { readonly is: 'succeeded' | 'failed' }>;

const wordOf = ({ steps }: Ended, step: string, name: string): string => {
  const value = steps[step]?.[name];
  return typeof value === 'string' ? value : '';
};

/** The answer of a pod; undefined when it has given none. */
async function answerOf(api: KubernetesApi, ended: Ended): Promise<Answer | undefined> {
  const word = wordOf(ended, 'run', answerResult);
  const readLog = () => api.logs(ended.pod, { container: 'step-run' }).catch(() => '');
  return word === '' ? undefined : decodeAnswer(word, readLog);
}

interface OfPlan {
  readonly what: string;
  readonly place: string;
  readonly environments: readonly Environment[];
  readonly repository: string;
}

function readPlan(
  answer: Answer | undefined,
  ended: Ended,
  { what, place, environments, repository }: OfPlan,
): Planned {
  const commit = wordOf(ended, 'clone', 'commit');
  const hint = `read the log of ${place}; after a change outside of the repository, delete it, and run this again`;
  if (answer?.is === 'refused') {
    throw refusedError({
      what: `cannot plan ${what}: ${oneLine(answer.what, 300)}`,
      why: oneLine(answer.why, 300),
      hint: oneLine(answer.hint, 300),
    });
  }
  const wrong = (why: string) => toolError({ what: `cannot plan ${what}`, why, hint });
  if (answer?.is !== 'planned') throw wrong(ended.is === 'failed' ? ended.why : 'its TaskRun has given no plan');
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/u.test(commit)) throw wrong('its TaskRun does not say of which commit it is');
  const plan = { ...answer.plan, environments: [...environments] };
  const problem = problemOfPlan(plan, repository) ?? problemOfEnvironments(answer.registered);
  if (problem !== undefined) throw wrong(`its TaskRun has given a plan that is not valid: ${oneLine(problem, 200)}`);
  return { commit, plan, registered: answer.registered };
}

async function endingOf(
  api: KubernetesApi,
  ended: Ended,
  release: Release | undefined,
  run: Run | undefined,
): Promise<SeenAway> {
  const failed = (error: string): Ending => ({ status: 'failed', error: oneLine(error, 500) });
  const check = checkOf(run?.item ?? '');
  const key = check?.item ?? run?.item;
  const action = check === undefined ? (run?.does ?? '') : checkAction(check.name);
  const planned = release && itemsOf(release.plan).find((one) => one.key === key)?.runs?.[action];
  if (planned !== undefined) {
    if (ended.is === 'failed') return failed(ended.why);
    try {
      return { status: 'complete', output: outputOf(ended.results, planned.results) };
    } catch (error) {
      if (error instanceof OpError) return failed(`${error.message}: ${error.why}`);
      throw error;
    }
  }
  const answer = await answerOf(api, ended);
  if (ended.is === 'failed') return failed(answer?.is === 'failed' ? answer.error : ended.why);
  const commit = wordOf(ended, 'clone', 'commit');
  if (commit !== release?.commit) return failed(`it ran the code of ${commit || 'an unknown commit'}`);
  if (answer?.is === 'complete') {
    const { output, tags } = answer;
    return { status: 'complete', output, ...(tags === undefined ? {} : { tags }) };
  }
  return failed('it has not said in a valid way how it ended');
}

function outputOf(
  given: Readonly<Record<string, TektonValue>>,
  results: readonly string[] | undefined,
): Readonly<Record<string, Json>> {
  return results === undefined ? given : Object.fromEntries(results.map((result) => [result, resultOf(given, result)]));
}

/** Waits until one of these runs has ended, or for as long as there is time. */
async function untilOneEnds(
  outer: Context,
  api: KubernetesApi,
  places: readonly string[],
  until: Date,
): Promise<boolean> {
  const limit = until.getTime() - outer.now().getTime();
  if (places.length === 0 || limit <= 0) return false;
  outer.log.step(`${places.length === 1 ? 'a run goes' : `${places.length} runs go`} on: ${places.join(', ')}`);
  const stop = new AbortController();
  const context = { ...outer, signal: AbortSignal.any([outer.signal, stop.signal]) };
  const waits = (
    [
      ['taskrun', kinds.taskRun],
      ['pipelinerun', kinds.pipelineRun],
    ] as const
  ).flatMap(([word, kind]) => {
    const names = places.flatMap((place) =>
      place.startsWith(`${word}/`) ? place.slice(place.lastIndexOf('/') + 1) : [],
    );
    if (names.length === 0) return [];
    return followUntil(context, api, {
      kind,
      query: { labelSelector: itemLabel },
      read: (objects) => names.some((name) => hasEnded(objects.find(({ metadata }) => metadata.name === name))),
      isOver: (ended) => ended,
      limit,
    });
  });
  try {
    return (await Promise.race(waits)) === true;
  } finally {
    stop.abort();
    await Promise.allSettled(waits);
  }
}

/** Waits for a plan. @throws OpError (deadline) */
export async function planNow(
  { context, until }: OnCluster,
  runner: ClusterRunner,
  of: Planless,
  environments: readonly Environment[],
): Promise<Planned> {
  for (;;) {
    const planned = await runner.planOf(of, environments);
    if (planned !== undefined) return planned;
    if (await runner.untilOneEnds(context, [])) continue;
    throw deadlineError({
      what: `${of.package} at ${of.revision} is not planned yet`,
      why: `its TaskRun has not ended by ${until.toISOString()}`,
      hint: 'start the Pipeline again: it goes on with that TaskRun; or give it more time with the param wait',
    });
  }
}
