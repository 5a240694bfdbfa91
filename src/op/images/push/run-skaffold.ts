import type { Context } from '../../context.js';
import type { Made } from '../plan/made.js';
import { type BuildOptions, build } from '../skaffold/build.js';
import type { Project } from '../skaffold/project.js';
import { watchLines } from './watch-lines.js';

/**
 * Has Skaffold build all images of a project, shows its lines as they come, and says what became of each image, by name.
 * @param oneByOne whether Skaffold builds one after the other; only then do its lines tell how long each took
 */
export async function runSkaffold(
  context: Context,
  project: Project,
  options: Omit<BuildOptions, 'onLine'>,
  oneByOne: boolean,
): Promise<ReadonlyMap<string, Made>> {
  const lines = watchLines(context);
  const built = await build(context, project, { ...options, onLine: lines.onLine }).finally(lines.stop);
  return new Map(
    built.map(({ imageName, reference }) => {
      const reused = lines.cached.has(imageName);
      const seconds = oneByOne ? lines.seconds.get(imageName) : undefined;
      return [
        imageName,
        { reference, how: reused ? 'reused' : 'built', detail: reused ? "Skaffold's cache" : '', seconds },
      ];
    }),
  );
}
