import type { Context } from '../../context.js';
import { secondsBetween } from '../../kit/log/format.js';
import { watchOutput } from '../../kit/log/output.js';
import type { BuiltImage } from '../build-result/build-result.js';
import type { BuildableImage } from '../plan/plan.js';
import { runBuild, type SkaffoldBuild } from '../skaffold/build.js';
import { partialProject } from '../skaffold/derive.js';
import type { Project } from '../skaffold/project.js';
import type { BuildContext, ImageOutcome } from './build-context.js';

/** Builds some images of a stage with one run of Skaffold, where other engines build the others. */
export async function buildArtifactsWithSkaffold(
  { prepared, request, context, onLine }: BuildContext,
  images: readonly BuildableImage[],
  wanted: readonly BuiltImage[],
  repository: string,
): Promise<ReadonlyMap<string, ImageOutcome>> {
  const names = images.map(({ artifact }) => artifact.image);
  const project = partialProject(prepared.project, prepared.artifacts, names, wanted);
  const cache = !request.rebuild && prepared.head?.changed === 0;
  const options = { repository, push: true, cache, onLine };
  const outcomes = await runSkaffold(context, project, options, prepared.artifacts.oneByOne);
  return new Map([...outcomes].filter(([image]) => names.includes(image)));
}

/** Builds all images of a project with Skaffold, and reports now and then what it is doing. */
export async function buildAllWithSkaffold(
  context: Context,
  project: Project,
  options: Omit<SkaffoldBuild, 'onLine'>,
  oneByOne: boolean,
): Promise<ReadonlyMap<string, ImageOutcome>> {
  using output = watchOutput(context, 'building with Skaffold');
  return await runSkaffold(context, project, { ...options, onLine: (line) => output.line(`  ${line}`) }, oneByOne);
}

/**
 * Builds the images of a project with Skaffold, and returns the outcome of each, by name.
 * @param oneByOne whether Skaffold builds one image after the other; only then do its lines tell how long each took
 */
async function runSkaffold(
  context: Context,
  project: Project,
  options: SkaffoldBuild,
  oneByOne: boolean,
): Promise<ReadonlyMap<string, ImageOutcome>> {
  const progress = readProgress(context.now);
  const onLine = (line: string) => {
    progress.onLine(line);
    options.onLine(line);
  };
  const built = await runBuild(context, project, { ...options, onLine });
  return new Map(
    built.map(({ imageName, reference }) => {
      const reused = progress.cached.has(imageName);
      const seconds = oneByOne ? progress.seconds.get(imageName) : undefined;
      return [
        imageName,
        { reference, how: reused ? 'reused' : 'built', detail: reused ? "Skaffold's cache" : '', seconds },
      ];
    }),
  );
}

/** What Skaffold's lines have told so far. */
interface Progress {
  readonly onLine: (line: string) => void;
  /** Images that Skaffold took from its own cache. */
  readonly cached: ReadonlySet<string>;
  /** Seconds that each image took. */
  readonly seconds: ReadonlyMap<string, number>;
}

/** Notes from Skaffold's lines which images it found, and how long each of the others took. */
function readProgress(now: Context['now']): Progress {
  const cached = new Set<string>();
  const seconds = new Map<string, number>();
  const started = new Map<string, Date>();
  return {
    cached,
    seconds,
    onLine(line) {
      const found = /^ - (\S+): Found/u.exec(line)?.[1];
      if (found !== undefined) cached.add(found);
      const begun = /^Building \[(.+)\]\.\.\.$/u.exec(line)?.[1];
      if (begun !== undefined) started.set(begun, now());
      const done = /^Build \[(.+)\] succeeded$/u.exec(line)?.[1];
      const date = started.get(done ?? '');
      if (done === undefined || date === undefined) return;
      seconds.set(done, secondsBetween(date, now()));
      started.delete(done);
    },
  };
}
