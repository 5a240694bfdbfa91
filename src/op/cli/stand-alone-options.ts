import type { Command, Option } from 'commander';
import type { StandAloneRequest } from '../images/one-image/one-image.js';
import { duration, list, optional, repeatable } from './option.js';

/** The values of the flags of every command that builds one image without skaffold.yaml. */
export interface StandAloneOptions {
  readonly image?: string;
  readonly directory?: string;
  readonly imageMirror: readonly string[];
  readonly dockerconfig?: string;
  readonly insecureRegistry: readonly string[];
  readonly buildResult?: string;
  readonly fileOutput: boolean;
  readonly result: readonly string[];
  readonly gitUrl?: string;
  readonly timeout: number;
}

/** The flags of such a command: what is built, what `own` says of how, and where it goes. */
export function addStandAloneOptions(command: Command, own: readonly Option[]): Command {
  command
    .addOption(optional('--image <reference>', 'image to push, with its tag'))
    .addOption(
      optional('--directory <dir>', 'root of the repository; other relative paths start there (default: here)'),
    );
  for (const option of own) command.addOption(option);
  return command
    .addOption(optional('--dockerconfig <dir>', 'directory with credentials: config.json or .dockerconfigjson'))
    .addOption(list('--insecure-registry <host>', 'registry without TLS, as HOST:PORT'))
    .addOption(optional('--build-result <file>', 'list of images to write (default: build_result.json)'))
    .option('--no-file-output', 'write no build_result.json')
    .addOption(repeatable('--result <name=path>', 'write an output to a file'))
    .addOption(optional('--git-url <url>', 'URL of the source (default: the remote origin)'))
    .addOption(duration('--timeout <duration>', 'how long everything may take', '45m'));
}

/** What the options say, as the work takes it. */
export const standAloneRequest = (options: StandAloneOptions): StandAloneRequest => ({
  image: options.image ?? '',
  directory: options.directory ?? '.',
  imageMirror: options.imageMirror,
  dockerconfig: options.dockerconfig,
  insecureRegistry: options.insecureRegistry,
  buildResult: options.fileOutput ? (options.buildResult ?? 'build_result.json') : undefined,
  result: options.result,
  gitUrl: options.gitUrl,
  timeout: options.timeout,
});
