import type { Context } from '../../op/context.js';
import { inputError } from '../../op/kit/errors/op-error.js';
import type { WirePipelineSpec } from '../../tekton/wire/pipeline.js';
import { parseEvent } from '../pipelines-as-code/event.js';
import { createFiller } from '../pipelines-as-code/templates.js';
import { needsOf } from '../plan/dag.js';
import { openCache } from '../remote/cache.js';
import type { Doors } from '../remote/doors.js';
import { createFetcher } from '../remote/fetch.js';
import { homeOf } from '../runs/home.js';
import { filesOfObjects } from '../runs/object-files.js';
import { readRun, type StoredRun } from '../runs/store.js';
import { pipelineOf } from './describe-target.js';
import { findTarget, wordsOf } from './find-target.js';
import { finderFor } from './finder-for.js';
import { drawSvg } from './graph-svg.js';
import { type Drawn, drawMermaid, drawText } from './graph-text.js';
import { readInput, sourcesOf } from './read-input.js';

const drawings = { text: drawText, mermaid: drawMermaid, svg: drawSvg };

/** `op local graph`. */
export async function graph(
  context: Context,
  {
    file,
    output,
    state,
    offline,
    event,
  }: {
    readonly file: readonly string[];
    readonly output: keyof typeof drawings;
    readonly state?: string | undefined;
    readonly offline: boolean;
    readonly event: readonly string[];
  },
  words: readonly string[],
  doors: Doors,
): Promise<void> {
  const { files, name } = wordsOf(context, words);
  const sources = [...files, ...file];
  const draw = drawings[output];
  if (sources.length === 0) {
    const run = await readRun(homeOf(context, state), name ?? '');
    return context.out(draw(ofRun(run)));
  }
  const note = context.log.warn;
  const filler = createFiller(context, doors, parseEvent(event));
  const documents = await readInput(context, sources, filler);
  const target = findTarget(documents, name, await sourcesOf(context, name === undefined ? files : []));
  if (target.kind === 'Pipeline') return context.out(draw(drawn(target.pipeline.spec)));
  if (target.kind === 'PipelineRun') {
    const { metadata, spec } = target.run;
    const { secrets } = filesOfObjects(documents.others);
    await using fetcher = createFetcher(context, { doors, secrets, offline, note, cache: openCache(context) });
    const params = Object.fromEntries((spec.params ?? []).map(({ name: key, value }) => [key, value]));
    const finder = await finderFor(target, documents, { context, fetcher, filler, note });
    const { pipeline } = await pipelineOf(target.run, metadata.name ?? '', params, finder);
    return context.out(draw(drawn(pipeline.spec)));
  }
  throw inputError({
    what: `a ${target.kind} has no graph`,
    why: 'it is one task',
    hint: 'name a Pipeline or a PipelineRun',
  });
}

function drawn(
  spec: WirePipelineSpec,
  stateOf: (task: string) => string | undefined = () => undefined,
): readonly Drawn[] {
  const needs = needsOf(spec);
  const draw =
    (final: boolean) =>
    ({ name }: { readonly name: string }): Drawn => {
      const state = stateOf(name);
      return { name, final, needs: final ? [] : (needs.get(name) ?? []), ...(state === undefined ? {} : { state }) };
    };
  return [...spec.tasks.map(draw(false)), ...(spec.finally ?? []).map(draw(true))];
}

function ofRun({ object, taskRuns, abandoned }: StoredRun): readonly Drawn[] {
  if (object.kind === 'TaskRun') {
    return [{ name: object.metadata.name, needs: [], final: false, state: object.status.conditions[0].reason }];
  }
  const skipped = new Set((object.status.skippedTasks ?? []).map(({ name }) => name));
  return drawn(object.status.pipelineSpec, (name) => {
    if (skipped.has(name)) return 'Skipped';
    const own = taskRuns.filter(({ metadata }) => metadata.labels['tekton.dev/pipelineTask'] === name);
    const conditions = own.map(({ status }) => status.conditions[0]);
    const shown = conditions.find(({ status }) => status !== 'True') ?? conditions[0];
    if (shown === undefined) return 'Pending';
    return abandoned && shown.status === 'Unknown' ? 'ExecutorDied' : shown.reason;
  });
}
