import { type BuildResult, selectImages } from '../../images/build-result/build-result.js';
import { inputError } from '../../kit/errors/op-error.js';
import { formatReference, type Reference, repositoryOf } from '../../systems/registry/reference.js';
import type { Environment, Environments, ImagePart } from '../environments/environment.js';
import { renameImage } from '../environments/rename-image.js';

/** An image with its reference in an environment. */
export interface DeliveredImage {
  /** Its name in the build result. */
  readonly imageName: string;
  /** Its repositories in all environments: a kustomization may use any of them. */
  readonly repositories: readonly string[];
  /** What the environment pulls; always with a digest. */
  readonly reference: Reference;
}

/**
 * The images of a build result with their references in an environment.
 * @param names only these; empty: all
 * @throws OpError (input) for an unknown name, and for an image without a digest
 */
export function imagesFor(
  result: BuildResult,
  names: readonly string[],
  environment: Environment,
  environments: Environments,
): readonly DeliveredImage[] {
  const wanted = names.length > 0 ? names : result.images.map(({ imageName }) => imageName);
  const repositories = environments.names.flatMap((name) => environments.of(name).repository?.value ?? []);
  return [...new Set(wanted)].flatMap((name) =>
    selectImages(result, name).map((image) => {
      if (image.reference.digest === undefined) throw withoutDigest(result.path, name, image.reference);
      const to = environment.repository?.value;
      const reference = to === undefined ? image.reference : renameImage(image, repositories, to);
      const others =
        to === undefined ? [] : repositories.map((other) => renameImage(image, [...repositories, to], other));
      return { imageName: name, repositories: [image.reference, reference, ...others].map(repositoryOf), reference };
    }),
  );
}

/**
 * The part of an image reference that a manifest has.
 * @throws OpError (input) for the tag of an image without one
 */
export function partOfReference({ imageName, reference }: DeliveredImage, part: ImagePart): string {
  const { tag, digest = '' } = reference;
  if (part === 'reference') return formatReference(reference);
  if (part === 'repository') return repositoryOf(reference);
  if (part === 'digest') return digest;
  if (tag !== undefined) return part === 'tag' ? tag : `${tag}@${digest}`;
  throw inputError({
    what: `image "${imageName}" has no tag to write`,
    why: `in the build result it is ${formatReference(reference)}`,
    hint: 'build it with a tag, or set the part digest or reference instead',
  });
}

const withoutDigest = (path: string, name: string, reference: Reference) =>
  inputError({
    what: `image "${name}" of ${path} has no digest`,
    why: `it is ${formatReference(reference)}, and a tag can be moved to another image`,
    hint: 'use the build result of op push or op promote-image: it has the digests',
  });
