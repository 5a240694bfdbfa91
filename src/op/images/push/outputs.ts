import { messageBytes, messageLimit } from '../../kit/results/message.js';
import { type Head, withoutCredentials } from '../../systems/git/head.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';

/** Where the source comes from. Empty for a tree that differs from its commit: these values are attested. */
export function sourceOutputs(head: Head | undefined, gitUrl: string | undefined) {
  const unchanged = head !== undefined && head.changed === 0;
  const url = gitUrl === undefined ? head?.url : withoutCredentials(gitUrl);
  return { 'CHAINS-GIT_URL': unchanged ? (url ?? '') : '', 'CHAINS-GIT_COMMIT': unchanged ? head.commit : '' };
}

/** The outputs about images. */
export interface ImageOutputs extends Readonly<Record<string, string>> {
  readonly IMAGE_URL: string;
  readonly IMAGE_DIGEST: string;
  readonly IMAGES: string;
  readonly REUSED_IMAGES: string;
}

/**
 * The main image and all that this run built; those that it found are listed apart.
 * @param reused references of the images that were not built
 */
export function imageOutputs(main: BuiltImage, images: readonly BuiltImage[], reused: readonly string[]): ImageOutputs {
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

/**
 * Shorter forms for more images than a pod can hand on, the best first: `IMAGES` is empty, and `REUSED_IMAGES` has their places in the list
 * (`#1-3,#7`). If that is too long too, all count as found: what a run did not build must not be claimed.
 */
export function shorterOutputs(
  images: readonly BuiltImage[],
  reused: readonly string[],
): readonly Pick<ImageOutputs, 'IMAGES' | 'REUSED_IMAGES'>[] {
  const all = images.map(({ reference }) => formatReference(reference));
  return [placesOf(all, reused), `#1-${all.length}`].map((places) => ({ IMAGES: '', REUSED_IMAGES: places }));
}

function placesOf(all: readonly string[], some: readonly string[]): string {
  const places: string[] = [];
  for (let from = 0; from < all.length; from += 1) {
    let to = from;
    while (to < all.length && some.includes(all[to] ?? '')) to += 1;
    if (to > from) places.push(to === from + 1 ? `#${to}` : `#${from + 1}-${to}`);
    from = to;
  }
  return places.join(',');
}

/** The references of the images at places of the list, such as `#1-3`; other items are references already. */
export const atPlaces = (images: readonly BuiltImage[], items: readonly string[]): readonly string[] =>
  items.flatMap((item) => {
    const [, from, to = from] = /^#(\d{1,6})(?:-(\d{1,6}))?$/u.exec(item) ?? [];
    const chosen = Number(to) <= images.length ? images.slice(Number(from) - 1, Number(to)) : [];
    return chosen.length > 0 ? chosen.map(({ reference }) => formatReference(reference)) : [item];
  });

/** Said before and after a build of more images than a pod can hand on. */
export const tooMany = (count: number) =>
  `${count} images are more than the results of a TaskRun hold: IMAGES stays empty, and later Tasks read the list that LIST_DIGEST names`;

const anyDigest = `sha256:${'0'.repeat(64)}`;

/** Whether the outputs of a build will not fit into the results of a TaskRun: known before, as all digests have one length. */
export function willBeTooMany(
  main: BuiltImage,
  wanted: readonly BuiltImage[],
  source: Readonly<Record<string, string>>,
) {
  const withDigest = (image: BuiltImage) => ({ ...image, reference: { ...image.reference, digest: anyDigest } });
  const outputs = imageOutputs(withDigest(main), wanted.map(withDigest), []);
  return messageBytes({ ...outputs, LIST_DIGEST: anyDigest, ...source }) > messageLimit;
}
