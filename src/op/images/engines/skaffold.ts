import type { Context } from '../../context.js';
import { secondsBetween } from '../../kit/log/format.js';
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
  const named = { ...context, log: { ...context.log, step: onLine } };
  const cache = !request.rebuild && prepared.head?.changed === 0;
  const outcomes = await runSkaffold(named, project, { repository, push: true, cache }, prepared.artifacts.oneByOne);
  return new Map([...outcomes].filter(([image]) => names.includes(image)));
}

/**
 * Builds all images of a project with Skaffold, shows its lines as they come, and returns the outcome of each image, by name.
 * @param oneByOne whether Skaffold builds one image after the other; only then do its lines tell how long each took
 */
export async function runSkaffold(
  context: Context,
  project: Project,
  options: Omit<SkaffoldBuild, 'onLine'>,
  oneByOne: boolean,
): Promise<ReadonlyMap<string, ImageOutcome>> {
  using progress = showProgress(context);
  const built = await runBuild(context, project, { ...options, onLine: progress.onLine });
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
interface Progress extends Disposable {
  readonly onLine: (line: string) => void;
  /** Images that Skaffold took from its own cache. */
  readonly cached: ReadonlySet<string>;
  /** Seconds that each image took. */
  readonly seconds: ReadonlyMap<string, number>;
}

const silence = 30_000;

/** Shows Skaffold's lines as they come, names the images in progress when Skaffold is silent, and notes how long each took. */
function showProgress({ log, now }: Context): Progress {
  const cached = new Set<string>();
  const seconds = new Map<string, number>();
  const started = new Map<string, Date>();
  let lastLine = now().getTime();
  const since = (date: Date) => secondsBetween(date, now());
  const timer = setInterval(() => {
    if (now().getTime() - lastLine < silence) return;
    for (const [image, date] of started) log.progress(`still building ${image}: ${Math.round(since(date))} s`);
  }, silence);
  timer.unref();
  return {
    cached,
    seconds,
    [Symbol.dispose]: () => clearInterval(timer),
    onLine(line) {
      lastLine = now().getTime();
      log.step(`  ${line}`);
      const found = /^ - (\S+): Found/u.exec(line)?.[1];
      if (found !== undefined) cached.add(found);
      const begun = /^Building \[(.+)\]\.\.\.$/u.exec(line)?.[1];
      if (begun !== undefined) started.set(begun, now());
      const done = /^Build \[(.+)\] succeeded$/u.exec(line)?.[1];
      const date = started.get(done ?? '');
      if (done === undefined || date === undefined) return;
      seconds.set(done, since(date));
      started.delete(done);
    },
  };
}
