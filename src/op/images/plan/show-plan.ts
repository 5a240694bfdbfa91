import { relative } from 'node:path';
import type { Context } from '../../context.js';
import { table } from '../../kit/log/format.js';
import { dryRun } from '../skaffold/build.js';
import type { BuildRequest } from './options.js';
import { checkBuildable, describeImage, planBuild } from './plan.js';
import { prepareBuild } from './prepare.js';
import { refuseRepositoryCode } from './repository-code.js';

/**
 * Prints what a build would do: which engine builds each image, under which name, in which order, and why. It builds nothing and
 * contacts no registry. `json` gives `{repository, images, problems}`.
 * @throws OpError (input) after it has printed the plan, when an image of it cannot be built here
 */
export async function showPlan(outer: Context, request: BuildRequest, form: 'table' | 'json'): Promise<void> {
  await using prepared = await prepareBuild(outer, request);
  const { context, project, settings, artifacts, builders } = prepared;
  const repository = settings.repository?.value;
  const plan = planBuild(artifacts, await dryRun(context, project, repository), request.engine, builders);
  const images = plan.map((planned) => describeImage(planned, (path) => relative(context.cwd, path) || '.'));
  const problems = images.filter(({ engine }) => engine === null).map(({ image, why }) => `${image}: ${why}`);
  if (form === 'json') {
    context.out(`${JSON.stringify({ repository: repository ?? null, images, problems }, undefined, 2)}\n`);
  } else {
    const rows = images.map(({ stage, image, engine, target, why }) => [`${stage}`, image, engine ?? '-', target, why]);
    context.out(`${table([['STAGE', 'IMAGE', 'ENGINE', 'TARGET', 'WHY'], ...rows])}\n`);
  }
  if (!request.allowCustom) refuseRepositoryCode(project.file, plan);
  checkBuildable(project.file, plan);
}
