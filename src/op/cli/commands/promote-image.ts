import { addEnvironmentOptions, type EnvironmentOptions } from '../environment-options.js';
import { addImagesOptions } from '../images-options.js';
import { count, duration, flag, list, optional, repeatable } from '../option.js';
import type { AddCommand } from '../program.js';

const outputs = ['PROMOTED'] as const;

interface Options extends EnvironmentOptions {
  readonly source?: string;
  readonly destination?: string;
  readonly until?: string;
  readonly buildResult?: string;
  readonly imageName: readonly string[];
  readonly fromImageInfo: boolean;
  readonly imageInfoNamespace?: string;
  readonly configmapPrefix?: string;
  readonly sourceRepository?: string;
  readonly destinationRepository?: string;
  readonly allowSkip: boolean;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly referrers: boolean;
  readonly jobs: number;
  readonly timeout: number;
  readonly promotionResult?: string;
  readonly destinationBuildResult?: string;
  readonly dockerconfig?: string;
  readonly insecureRegistry: readonly string[];
  readonly result: readonly string[];
}

/** `op promote-image`: images from one environment to the next, by digest. */
export const addPromoteImage: AddCommand = (program, action) => {
  const command = program
    .command('promote-image')
    .description('copy images by digest, with their signatures, from one environment to the next')
    .addOption(optional('--source <environment>', 'where the images are; empty for what goes to the first environment'))
    .addOption(optional('--destination <environment>', 'where they go; needed'))
    .addOption(optional('--until <environment>', 'how far this delivery goes; nothing is promoted beyond it'))
    .addOption(
      optional('--source-repository <registry>', 'registry and path of the source; also PROMOTE_SOURCE_REPOSITORY'),
    )
    .addOption(
      optional('--destination-repository <registry>', 'of the destination; also PROMOTE_DESTINATION_REPOSITORY'),
    )
    .addOption(flag('--allow-skip', 'promote in another order than that of the environments'))
    .addOption(flag('--overwrite', 'take the tag away from a different image at the destination'))
    .addOption(flag('--dry-run', 'look at both sides and print what would be done'))
    .addOption(flag('--referrers', 'copy signatures, attestations and SBOMs too', true))
    .addOption(count('--jobs <number>', 'images that are copied at the same time', 6))
    .addOption(duration('--timeout <duration>', 'for everything together', '20m'))
    .addOption(optional('--promotion-result <file>', 'what was done (default: promotion_result.json)'))
    .addOption(
      optional(
        '--destination-build-result <file>',
        'list of the images at the destination (default: build_result.DESTINATION.json beside the build result)',
      ),
    )
    .addOption(optional('--dockerconfig <dir>', 'directory with credentials: config.json or .dockerconfigjson'))
    .addOption(list('--insecure-registry <host>', 'registry without TLS, as HOST:PORT'))
    .addOption(repeatable('--result <name=path>', `write an output to a file: ${outputs.join(', ')}`));
  addEnvironmentOptions(addImagesOptions(command)).action(
    action<Options>(async (context, options) => {
      const { parseResultPaths, writeResults } = await import('../../kit/results/results.js');
      const { promote } = await import('../../delivery/promote/promote.js');
      const paths = parseResultPaths(options.result, outputs);
      const promoted = await promote(context, { ...unset, ...options });
      const warning = await writeResults(paths, { ...promoted });
      if (warning !== undefined) context.log.warn(warning);
    }),
  );
};

/** What has no default. */
const unset = {
  source: undefined,
  destination: undefined,
  until: undefined,
  buildResult: undefined,
  imageInfoNamespace: undefined,
  configmapPrefix: undefined,
  sourceRepository: undefined,
  destinationRepository: undefined,
  promotionResult: undefined,
  destinationBuildResult: undefined,
  dockerconfig: undefined,
  kubeconfig: undefined,
  context: undefined,
  namespace: undefined,
  component: undefined,
};
