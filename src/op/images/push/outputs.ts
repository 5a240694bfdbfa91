import { type Head, withoutCredentials } from '../../systems/git/head.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';

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
