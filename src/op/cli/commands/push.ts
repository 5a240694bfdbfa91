import { type Command, Option } from 'commander';
import type { PushRequest } from '../../images/plan/request.js';
import { usageError } from '../../kit/errors/op-error.js';
import { addBuildOptions, type BuildOptions, buildRequest } from '../build-options.js';
import { flag, optional } from '../option.js';
import type { Action } from '../program.js';

/** The values of the flags of `push` and `build-push`. */
export interface PushOptions extends BuildOptions {
  readonly output?: string;
  readonly buildResult?: string;
  readonly fileOutput: boolean;
  readonly imageName?: string;
  readonly imagePattern?: string;
  readonly reuseContent: boolean;
}

/** `op push`: builds what skaffold.yaml describes, with the profile `push` if there is one, pushes, and copies if asked. */
export function addPush(program: Command, action: Action): void {
  addPushOptions(program.command('push').description('build the images of skaffold.yaml and push them')).action(
    action((context, options: PushOptions) => runPush('push', context, options)),
  );
}

/** The flags of `push` and `build-push`. */
export function addPushOptions(command: Command): Command {
  return addBuildOptions(command)
    .addOption(flag('--push-all', 'copy every image to every other ci registry of .registry, and compare digests'))
    .addOption(
      optional('--image-name <name>', 'image that IMAGE_URL and IMAGE_DIGEST are about (default: the last one)'),
    )
    .addOption(optional('--build-result <file>', 'list of images to write (default: build_result.json)'))
    .addOption(optional('--output <dir>', 'directory for build_result.json'))
    .addOption(flag('--reuse-content', 'use an image of another commit when all that goes into it is the same', true))
    .option('--no-file-output', 'write no build_result.json')
    .addOption(new Option('--image-pattern <pattern>', 'superseded').hideHelp());
}

/** Loads the work only now: `op --help` does not need it. */
export async function runPush(
  command: PushRequest['command'],
  context: Parameters<typeof import('../../images/push/push.js').push>[0],
  options: PushOptions,
) {
  if (options.imagePattern) throw superseded();
  const { push } = await import('../../images/push/push.js');
  const inOutput = options.output === undefined ? 'build_result.json' : `${options.output}/build_result.json`;
  const buildResult = options.fileOutput ? (options.buildResult ?? inOutput) : undefined;
  const { imageName, reuseContent } = options;
  await push(context, { ...buildRequest(options), command, buildResult, imageName, reuseContent });
}

const superseded = () =>
  usageError({
    what: '--image-pattern does nothing any more',
    why: 'images are no longer looked for in what Skaffold prints: it lists them itself, with their digests',
    hint: 'leave the flag out; all images are in build_result.json',
  });
