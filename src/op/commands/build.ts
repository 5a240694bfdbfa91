import type { Command } from 'commander';
import { addBuildOptions, type BuildOptions, buildRequest } from '../cli/build-options.js';
import type { Action } from '../cli/program.js';

/** `op build`: do the images of skaffold.yaml build? */
export function addBuild(program: Command, action: Action): void {
  addBuildOptions(program.command('build').description('build the images of skaffold.yaml and push none')).action(
    action(async (context, options: BuildOptions) => {
      const { build } = await import('../build/build.js');
      await build(context, buildRequest(options));
    }),
  );
}
