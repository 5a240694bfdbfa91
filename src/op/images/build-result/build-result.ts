import { inputError } from '../../kit/errors/op-error.js';
import { formatReference, type Reference } from '../../systems/registry/reference.js';

/** One image that a build produced. */
export interface BuiltImage {
  /** The name in skaffold.yaml; in files of old versions that omit it, the last segment of the image's path. */
  readonly imageName: string;
  readonly reference: Reference;
}

/** The content of `build_result.json`: the contract between a build and the stages after it. At least one image. */
export interface BuildResult {
  /** The path of the file. */
  readonly path: string;
  /** Dependencies first, the application last. */
  readonly images: readonly BuiltImage[];
}

/**
 * All images, or the one that is named.
 * @throws OpError (input) for an unknown name, and for a name of two different images
 */
export function selectImages({ path, images }: BuildResult, imageName: string | undefined): readonly BuiltImage[] {
  if (imageName === undefined) return images;
  const found = images.filter((image) => image.imageName === imageName);
  if (found.length === 1) return found;
  if (found.length === 0) {
    throw inputError({
      what: `${path} has no image "${imageName}"`,
      why: `it lists ${names(images)}`,
      hint: 'use one of these names, as in skaffold.yaml',
    });
  }
  throw inputError({
    what: `${path} has ${found.length} different images "${imageName}"`,
    why: `they are ${found.map((image) => formatReference(image.reference)).join(' and ')}`,
    hint: 'remove all but one of these entries, or build again: op push writes each image once',
  });
}

const names = (images: readonly BuiltImage[]) => [...new Set(images.map((image) => image.imageName))].join(', ');
