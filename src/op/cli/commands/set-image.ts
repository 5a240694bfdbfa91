import type { SetImageFlags } from '../../delivery/set-image/request.js';
import { addAccessOptions } from '../access-options.js';
import { addEnvironmentOptions } from '../environment-options.js';
import { duration, flag, list, optional, repeatable } from '../option.js';
import type { AddCommand } from '../program.js';

const outputs = ['COMMIT'] as const;

interface Options extends SetImageFlags {
  readonly result: readonly string[];
}

/** `op set-image`: digests into a Git repository of manifests. */
export const addSetImage: AddCommand = (program, action) => {
  const command = program
    .command('set-image')
    .description('write the images of a build result, by digest, into the manifests of an environment, and push that')
    .addOption(optional('--environment <name>', 'where the images go; needed'))
    .addOption(optional('--build-result <file>', 'what op push or promote-image wrote (default: build_result.json)'))
    .addOption(list('--image-name <names>', 'only these images of the build result'))
    .addOption(optional('--repository <url>', 'repository of the manifests (default: that of the environment)'))
    .addOption(optional('--branch <name>', 'branch to push to (default: that of the environment, else main)'))
    .addOption(
      repeatable(
        '--set <file:path=image:part>',
        'a value to set; PART is reference, repository, tag, digest or tag@digest; with it or --kustomization, those of the environment do not count',
      ),
    )
    .addOption(repeatable('--kustomization <file>', 'a kustomization.yaml whose images are set'))
    .addOption(optional('--message <text>', 'of the commit (default: component, environment and images)'))
    .addOption(optional('--author-name <name>', 'of the commit (default: octopipeline)'))
    .addOption(optional('--author-email <address>', 'of the commit (default: octopipeline@localhost)'))
    .addOption(flag('--patch', 'print a patch for git apply, and push nothing'))
    .addOption(flag('--when-configured', 'when no manifests are configured for the environment, do nothing'));
  addEnvironmentOptions(addAccessOptions(command))
    .addOption(duration('--timeout <duration>', 'for everything but waiting for the Lease', '5m'))
    .addOption(repeatable('--result <name=path>', `write an output to a file: ${outputs.join(', ')}`))
    .action(
      action<Options>(async (context, options) => {
        const { parseResultPaths, writeResults } = await import('../../kit/results/results.js');
        const { setImage } = await import('../../delivery/set-image/set-image.js');
        const paths = parseResultPaths(options.result, outputs);
        const warning = await writeResults(paths, { ...(await setImage(context, options)) });
        if (warning !== undefined) context.log.warn(warning);
      }),
    );
};
