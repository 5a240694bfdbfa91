import type { BuiltImage } from '../build-result/build-result.js';
import type { Context } from '../context.js';
import { readHead } from '../git/head.js';
import { countOf } from '../log/table.js';
import { parseResultPaths, writeResults } from '../results/results.js';
import { dependenciesFirst } from '../skaffold/artifacts.js';
import { build as skaffoldBuild } from '../skaffold/build.js';
import { buildOutputs, sourceOutputs } from './outputs.js';
import { type Prepared, prepared } from './prepare.js';
import type { BuildRequest } from './request.js';
import { summarize } from './summary.js';
import { withThrowAwayRegistry } from './throw-away-registry.js';
import { watchLines } from './watch-lines.js';

/**
 * Builds every image of skaffold.yaml and pushes none; writes no build_result.json, because there is nothing that a later stage
 * could use. With a Docker daemon the images stay there. Without one, builders that push are given a registry that lives only as
 * long as the build: so the same images are really built, also in a pod.
 * @throws OpError (input, tool, deadline)
 */
export async function build(outer: Context, request: BuildRequest): Promise<void> {
  const results = parseResultPaths(request.result, buildOutputs);
  await prepared(outer, request, {}, async (ready) => {
    const { context, project, artifacts, daemon } = ready;
    const { log, cwd } = context;
    const where = daemon ? 'into the Docker daemon' : 'and throwing the images away: no Docker daemon answers';
    log.step(`building the images of ${project.file} in ${cwd}, ${where}`);
    if (ready.profile !== undefined) log.step(`profile ${ready.profile}`);
    const lines = watchLines(context);
    const images = await buildSomewhere(ready, request, lines.onLine).finally(lines.stop);
    const head = await readHead(context, cwd);
    const warning = await writeResults(results, sourceOutputs(head, request.gitUrl));
    if (warning !== undefined) log.warn(warning);
    const outcomes = dependenciesFirst(images, artifacts.artifacts).map((image) => ({
      image: daemon ? image : withoutPlace(image),
      how: lines.cached.has(image.imageName) ? ('reused' as const) : ('built' as const),
      seconds: artifacts.oneByOne ? lines.seconds.get(image.imageName) : undefined,
    }));
    log.step(`\n${summarize(outcomes)}\n`);
    log.step(`done: ${countOf(images.length, 'image')} built, nothing pushed; next: op push`);
  });
}

/** The registry that an image was in is gone, and its name with it. */
function withoutPlace(image: BuiltImage): BuiltImage {
  const { registry: _, ...reference } = image.reference;
  return { ...image, reference };
}

async function buildSomewhere(
  ready: Prepared,
  request: BuildRequest,
  onLine: (line: string) => void,
): Promise<readonly BuiltImage[]> {
  const { context, project, settings, daemon } = ready;
  if (daemon) {
    const repository = settings.repository?.value;
    return skaffoldBuild(context, project, { repository, push: false, cache: !request.rebuild, onLine });
  }
  return withThrowAwayRegistry(context, async (registry) => {
    const local = { ...project, insecure: [...project.insecure, registry] };
    return skaffoldBuild(context, local, { repository: registry, push: true, cache: false, onLine });
  });
}
