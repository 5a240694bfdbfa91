import type { BuiltImage } from '../../images/build-result/build-result.js';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { formatReference, type Reference, repositoryOf } from '../../systems/registry/reference.js';
import { renameImage } from '../environments/rename-image.js';

/** An image with its names at the source and at the destination. */
export interface NamedImage {
  readonly imageName: string;
  /** With the digest of the build result, if it has one; then the tag is for people only. */
  readonly from: Reference;
  /** With the same tag, without a digest. */
  readonly to: Reference;
}

interface RepositoryNames {
  readonly source: string;
  readonly destination: string;
}

/**
 * Names the images at both sides.
 * @param known every repository that an image of a build result may be in
 * @throws OpError (input) when an image is in none of them, or two images get the same name, (refused) when both sides are the same
 */
export function nameImages(
  images: readonly BuiltImage[],
  known: readonly string[],
  repositories: RepositoryNames,
): readonly NamedImage[] {
  const named = images.map((image) => nameImage(image, known, repositories));
  checkDistinct(named);
  return named;
}

function nameImage(image: BuiltImage, known: readonly string[], { source, destination }: RepositoryNames): NamedImage {
  // To every tool, a name without tag and digest means the tag latest.
  const { tag = image.reference.digest === undefined ? 'latest' : undefined, ...rest } = image.reference;
  const tagged = { ...image, reference: tag === undefined ? rest : { ...rest, tag } };
  const from = renameImage(tagged, known, source);
  const { digest: _, ...to } = renameImage(tagged, known, destination);
  if (repositoryOf(from) === repositoryOf(to)) {
    throw refusedError({
      what: `image "${image.imageName}" is not promoted`,
      why: `it is ${repositoryOf(from)} at both the source and the destination`,
      hint: 'give each environment its own repository, none below another',
    });
  }
  return { imageName: image.imageName, from, to };
}

function checkDistinct(images: readonly NamedImage[]): void {
  for (const [index, { imageName, from, to }] of images.entries()) {
    const target = formatReference(to);
    const other = images.slice(0, index).find((one) => formatReference(one.to) === target);
    if (to.tag === undefined || other === undefined || other.from.digest === from.digest) continue;
    throw inputError({
      what: `the images "${other.imageName}" and "${imageName}" would both be ${target}`,
      why: `they are ${formatReference(other.from)} and ${formatReference(from)}`,
      hint: 'promote one of them with --image-name, or build again: op push writes each image once',
    });
  }
}
