import { option, type RequestOf } from '../../kit/options/option.js';
import { buildResultFileOptions } from '../build-result/options.js';
import { buildOptions } from '../plan/options.js';

/** The options of `push` and `build-push`. */
export const pushOptions = {
  ...buildOptions,
  pushAll: option.flag('copy every image to all other ci registries of .registry, and compare digests'),
  imageName: option.text('image for IMAGE_URL and IMAGE_DIGEST', { value: '<name>', otherwise: 'the last one built' }),
  reuseContent: option.flag('reuse an image of another commit when all its inputs are the same', { default: true }),
  ...buildResultFileOptions,
  output: option.text('directory for build_result.json', { value: '<dir>' }),
  imagePattern: option.text('no longer has any effect', { value: '<pattern>', hidden: true }),
};

/** What `push` and `build-push` are asked for. */
export type PushRequest = Omit<
  RequestOf<typeof pushOptions>,
  keyof typeof buildResultFileOptions | 'output' | 'imagePattern'
> & {
  readonly command: 'push' | 'build-push';
  /** Where build_result.json goes; undefined for nowhere. */
  readonly buildResult: string | undefined;
};

/**
 * The outputs of `push` and `build-push`. Source of the names: Tekton Chains' type hints, except for LIST_DIGEST, the digest of
 * build_result.json, and REUSED_IMAGES, which Chains does not take for images. Chains would attest the other images as built from this commit.
 */
export const pushOutputs = [
  'IMAGE_URL',
  'IMAGE_DIGEST',
  'IMAGES',
  'REUSED_IMAGES',
  'LIST_DIGEST',
  'CHAINS-GIT_URL',
  'CHAINS-GIT_COMMIT',
] as const;
export type PushOutput = (typeof pushOutputs)[number];

/** The outputs of `build`, which keeps no image. */
export const buildOutputs = ['CHAINS-GIT_URL', 'CHAINS-GIT_COMMIT'] as const;
