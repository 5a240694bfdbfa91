import { relative } from 'node:path';
import type { Context } from '../../context.js';
import { table } from '../../kit/log/table.js';
import { dryRun } from '../skaffold/build.js';
import type { BuildRequest } from './options.js';
import { checkFeasible, describe, planBuild } from './plan.js';
import { prepared } from './prepare.js';

/**
 * Prints what a build would do: which engine builds each image, under which name, in which order, and why. Nothing is built and no
 * registry is asked. `json` gives `{repository, images, problems}`.
 * @throws OpError (input) after it has printed the plan, when nothing here can build an image of it
 */
export async function showPlan(outer: Context, request: BuildRequest, form: 'table' | 'json'): Promise<void> {
  await prepared(outer, request, {}, async ({ context, project, settings, artifacts, around }) => {
    const repository = settings.repository?.value;
    const plan = planBuild(artifacts, await dryRun(context, project, repository), request.engine, around);
    const images = plan.map((planned) => describe(planned, (path) => relative(context.cwd, path) || '.'));
    const problems = images.filter(({ engine }) => engine === null).map(({ image, why }) => `${image}: ${why}`);
    if (form === 'json') {
      context.out(`${JSON.stringify({ repository: repository ?? null, images, problems }, undefined, 2)}\n`);
    } else {
      const rows = images.map(({ stage, image, engine, target, why }) => [
        `${stage}`,
        image,
        engine ?? '-',
        target,
        why,
      ]);
      context.out(`${table([['STAGE', 'IMAGE', 'ENGINE', 'TARGET', 'WHY'], ...rows])}\n`);
    }
    checkFeasible(project.file, plan);
  });
}
