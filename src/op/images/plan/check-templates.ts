import type { Context } from '../../context.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { evaluateTemplates } from '../skaffold/evaluate.js';
import type { Project } from '../skaffold/project.js';
import type { PlannedImage } from './plan.js';

const atOnce = 4;

/**
 * Evaluates the templates of Dockerfiles and buildpacks that are to be built, whatever builds them: where a variable is not set, Skaffold would write
 * `<no value>` into the image. To be called before anything is built.
 * @throws OpError (input)
 */
export async function checkTemplates(
  context: Context,
  project: Project,
  images: readonly Pick<PlannedImage, 'artifact' | 'target'>[],
): Promise<void> {
  const checked = await mapConcurrently(images, atOnce, ({ artifact: { image, docker, buildpacks }, target }) => {
    const env = buildpacks?.env.map((pair): [string, string] => [
      pair.replace(/=.*$/su, ''),
      pair.replace(/^[^=]*=?/u, ''),
    ]);
    const values = docker?.buildArgs ?? Object.fromEntries(env ?? []);
    return evaluateTemplates(context, project, image, values, docker && target.reference);
  });
  valuesOf(checked);
}
