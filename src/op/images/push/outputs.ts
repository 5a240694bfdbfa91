import { type Head, withoutCredentials } from '../../systems/git/head.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';

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

/** Where the source comes from. Empty for a tree that differs from its commit: these values are attested. */
export function sourceOutputs(head: Head | undefined, gitUrl: string | undefined) {
  const unchanged = head !== undefined && head.changed === 0;
  const url = gitUrl === undefined ? head?.url : withoutCredentials(gitUrl);
  return { 'CHAINS-GIT_URL': unchanged ? (url ?? '') : '', 'CHAINS-GIT_COMMIT': unchanged ? head.commit : '' };
}

/**
 * The main image and all that this run built; those that it found are listed apart.
 * @param reused references of the images that were not built
 */
export function imageOutputs(main: BuiltImage, images: readonly BuiltImage[], reused: readonly string[]) {
  const { digest = '', ...named } = main.reference;
  const built = !reused.includes(formatReference(main.reference));
  const all = images.map(({ reference }) => formatReference(reference));
  return {
    IMAGE_URL: built ? formatReference(named) : '',
    IMAGE_DIGEST: built ? digest : '',
    IMAGES: all.filter((image) => !reused.includes(image)).join(','),
    REUSED_IMAGES: all.filter((image) => reused.includes(image)).join(','),
  };
}
