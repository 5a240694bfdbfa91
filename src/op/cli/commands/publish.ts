import type { PublishFlags } from '../../images/publish/request.js';
import { duration, optional, repeatable } from '../option.js';
import type { AddCommand } from '../program.js';

const outputs = ['CONFIGMAPS'] as const;

interface Options extends PublishFlags {
  readonly result: readonly string[];
}

/** `op publish`: image info into ConfigMaps. */
export const addPublish: AddCommand = (program, action) => {
  program
    .command('publish')
    .description('write what each built image is into a ConfigMap of its own')
    .addOption(optional('--build-result <file>', 'what op push wrote (default: build_result.json)'))
    .addOption(optional('--git-revision <commit>', 'the full id of the commit that was built; needed'))
    .addOption(optional('--git-url <url>', 'repository of that commit, kept as an annotation'))
    .addOption(optional('--namespace <name>', 'where to (default: the namespace of the pod, or of the kubeconfig)'))
    .addOption(optional('--image-name <name>', 'only this image of the build result (default: all)'))
    .addOption(optional('--configmap-prefix <prefix>', 'the ConfigMap is PREFIX-IMAGE (default: image-info)'))
    .addOption(duration('--timeout <duration>', 'for everything together', '2m'))
    .addOption(repeatable('--result <name=path>', `write an output to a file: ${outputs.join(', ')}`))
    .action(
      action<Options>(async (context, options) => {
        const { parseResultPaths, writeResults } = await import('../../kit/results/results.js');
        const { publish } = await import('../../images/publish/publish.js');
        const paths = parseResultPaths(options.result, outputs);
        const warning = await writeResults(paths, { ...(await publish(context, options)) });
        if (warning !== undefined) context.log.warn(warning);
      }),
    );
};
