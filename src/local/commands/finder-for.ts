import { dirname, resolve } from 'node:path';
import type { Context } from '../../op/context.js';
import type { Documents } from '../documents/read.js';
import { ownAnnotations } from '../pipelines-as-code/annotations.js';
import { withAnnotated } from '../pipelines-as-code/find-annotated.js';
import type { Filler } from '../pipelines-as-code/templates.js';
import type { Fetcher } from '../remote/fetch.js';
import { createFinder, type Finder } from '../remote/find.js';
import type { Target } from './find-target.js';

interface Around {
  readonly context: Pick<Context, 'cwd'>;
  readonly fetcher: Fetcher | undefined;
  readonly filler: Filler;
  readonly note: (text: string) => void;
}

/** Looks up what a target refers to: with the annotations of Pipelines-as-Code, if it has some. @throws OpError (input) */
export async function finderFor(
  target: Target,
  documents: Documents,
  { context, fetcher, filler, note }: Around,
): Promise<Finder> {
  const finder = createFinder(documents, fetcher, note);
  if (target.kind !== 'PipelineRun') return finder;
  const { metadata, spec, source } = target.run;
  const annotations = ownAnnotations(metadata.annotations);
  if (annotations === undefined) return finder;
  const directory = source === 'stdin' ? context.cwd : dirname(resolve(context.cwd, source));
  const root = (await filler.root(directory)) ?? context.cwd;
  const run = metadata.name ?? metadata.generateName ?? '';
  const known = await withAnnotated(run, annotations, spec.pipelineRef?.name, { documents, finder, fetcher, root });
  return createFinder(known, fetcher, note);
}
