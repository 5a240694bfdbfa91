import { type Head, withoutCredentials } from '../../systems/git/head.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';

/**
 * The outputs of `push` and `build-push`. Source of the names: Tekton Chains' type hints, except for LIST_DIGEST, the digest of
 * build_result.json, which Chains does not take for an image.
 */
export const pushOutputs = [
  'IMAGE_URL',
  'IMAGE_DIGEST',
  'IMAGES',
  'LIST_DIGEST',
  'CHAINS-GIT_URL',
  'CHAINS-GIT_COMMIT',
] as const;
/** The outputs of `build`, which keeps no image. */
export const buildOutputs = ['CHAINS-GIT_URL', 'CHAINS-GIT_COMMIT'] as const;

/** Where the source comes from. Empty for a tree that differs from its commit: these values are attested. */
export function sourceOutputs(head: Head | undefined, gitUrl: string | undefined): Readonly<Record<string, string>> {
  const unchanged = head !== undefined && head.changed === 0;
  const url = gitUrl === undefined ? head?.url : withoutCredentials(gitUrl);
  return { 'CHAINS-GIT_URL': unchanged ? (url ?? '') : '', 'CHAINS-GIT_COMMIT': unchanged ? head.commit : '' };
}

/** The images that were pushed: the main one, and all. */
export function imageOutputs(image: BuiltImage, images: readonly BuiltImage[]): Readonly<Record<string, string>> {
  const { digest = '', ...named } = image.reference;
  return {
    IMAGE_URL: formatReference(named),
    IMAGE_DIGEST: digest,
    IMAGES: images.map(({ reference }) => formatReference(reference)).join(','),
  };
}
