import { type Command, Option } from 'commander';
import { addBuildOptions, type BuildOptions, buildRequest } from '../build-options.js';
import type { Action } from '../program.js';

type Options = BuildOptions & { readonly plan?: 'table' | 'json' | true };

/** `op build`: do the images of skaffold.yaml build, and what would build them? */
export function addBuild(program: Command, action: Action): void {
  const plan = new Option('--plan [form]', 'only say what would build each image, and why').choices(['table', 'json']);
  addBuildOptions(program.command('build').description('build the images of skaffold.yaml and push none'))
    .addOption(plan)
    .action(
      action(async (context, options: Options) => {
        if (options.plan !== undefined) {
          const { showPlan } = await import('../../images/plan/show-plan.js');
          return showPlan(context, buildRequest(options), options.plan === 'json' ? 'json' : 'table');
        }
        const { build } = await import('../../images/push/build.js');
        await build(context, buildRequest(options));
      }),
    );
}
