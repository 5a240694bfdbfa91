import { dirname, resolve } from 'node:path';
import type { Context } from '../../op/context.js';
import { usageError } from '../../op/kit/errors/op-error.js';
import { parseDuration } from '../../op/kit/options/duration.js';
import { findProgram } from '../../op/kit/process/find-program.js';
import type { Documents, LocalRun } from '../documents/read.js';
import type { Timeouts } from '../pipeline-run/run-plan.js';
import { ownAnnotations } from '../pipelines-as-code/annotations.js';
import { parseEvent } from '../pipelines-as-code/event.js';
import { startedBy } from '../pipelines-as-code/started-by.js';
import { createFiller, type Filler } from '../pipelines-as-code/templates.js';
import { openCache } from '../remote/cache.js';
import type { Doors } from '../remote/doors.js';
import { createFetcher } from '../remote/fetch.js';
import { filesOfObjects, missingObjects } from '../runs/object-files.js';
import { toolsPath } from '../runs/programs.js';
import { thisMachine } from '../task-run/host-image.js';
import { refusals } from '../task-run/refusals.js';
import { parseBinding } from '../workspaces/binding.js';
import { describeTarget } from './describe-target.js';
import { findTarget, wordsOf } from './find-target.js';
import { finderFor } from './finder-for.js';
import { type GivenParams, givenParams, undeclaredParams } from './given-params.js';
import { type MadePlan, planRun } from './plan-run.js';
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
