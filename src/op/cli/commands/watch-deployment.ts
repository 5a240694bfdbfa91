import type { WatchFlags } from '../../delivery/watch/request.js';
import { addEnvironmentOptions } from '../environment-options.js';
import { addImagesOptions } from '../images-options.js';
import { choice, duration, flag, list, optional, repeatable } from '../option.js';
import type { AddCommand } from '../program.js';

const outputs = ['DEPLOYED'] as const;

interface Options extends WatchFlags {
  readonly result: readonly string[];
}

/** `op watch-deployment`: waits until an environment runs what was built, and proves it. */
export const addWatchDeployment: AddCommand = (program, action) => {
  const command = program
    .command('watch-deployment')
    .description('wait until an environment runs the images of a build result, proven by digest up to the pods')
    .addOption(optional('--environment <name>', 'where the images shall run; needed'))
    .addOption(choice('--kind <kind>', 'what the component is', ['auto', 'HelmRelease', 'Kustomization', 'Workload']))
    .addOption(
      optional('--repository <repository>', 'registry and path of the images (default: that of the environment)'),
    )
    .addOption(
      flag('--allow-tag', 'a workload may name its image by the tag alone; what its pods run is compared all the same'),
    )
    .addOption(flag('--allow-unused', 'an image that no workload uses is only warned of'))
    .addOption(flag('--reconcile', 'ask Flux to look at once', true))
    .addOption(optional('--deployment-result <file>', 'write what was proven as JSON'))
    .addOption(optional('--dockerconfig <dir>', 'directory with credentials of registries'))
    .addOption(list('--insecure-registry <host>', 'registry without TLS, as HOST:PORT'));
  addEnvironmentOptions(addImagesOptions(command))
    .addOption(duration('--timeout <duration>', 'for everything but waiting for the Lease', '30m'))
    .addOption(repeatable('--result <name=path>', `write an output to a file: ${outputs.join(', ')}`))
    .action(
      action<Options>(async (context, options) => {
        const { parseResultPaths, writeResults } = await import('../../kit/results/results.js');
        const { watchDeployment } = await import('../../delivery/watch/watch.js');
        const paths = parseResultPaths(options.result, outputs);
        const warning = await writeResults(paths, { ...(await watchDeployment(context, options)) });
        if (warning !== undefined) context.log.warn(warning);
      }),
    );
};
