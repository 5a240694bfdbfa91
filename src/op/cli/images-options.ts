import type { Command } from 'commander';
import { flag, list, optional } from './option.js';

/** The flags of every command that is about images that were built: a list of them, or what was published. */
export function addImagesOptions(command: Command): Command {
  return command
    .addOption(optional('--build-result <file>', 'what op push or promote-image wrote (default: build_result.json)'))
    .addOption(list('--image-name <name>', 'only this image of it'))
    .addOption(flag('--from-image-info', 'take the images from the ConfigMaps that op publish wrote, not from a file'))
    .addOption(
      optional(
        '--image-info-namespace <name>',
        'where those are (default: the namespace of the pod, or of the kubeconfig)',
      ),
    )
    .addOption(optional('--configmap-prefix <prefix>', 'those ConfigMaps are PREFIX-IMAGE (default: image-info)'));
}
