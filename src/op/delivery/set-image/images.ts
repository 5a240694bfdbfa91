import { type BuildResult, selectImages } from '../../images/build-result/build-result.js';
import { inputError } from '../../kit/errors/op-error.js';
import { formatReference, type Reference, repositoryOf } from '../../systems/registry/reference.js';
import type { Environment, Environments, ImagePart } from '../environments/environment.js';
import { rebase } from '../environments/rebase.js';

/** An image as an environment runs it. */
export interface DeliveredImage {
  /** Its name in the build result. */
  readonly imageName: string;
  /** Its names in all environments: a kustomization may know it by any of them. */
  readonly repositories: readonly string[];
  /** Where the environment takes it from; always with a digest. */
  readonly reference: Reference;
}

/**
 * The images of a build result, by the names that they have below the repository of the environment.
 * @param names only these; empty for all
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
      const reference = to === undefined ? image.reference : rebase(image, repositories, to);
      const others = to === undefined ? [] : repositories.map((other) => rebase(image, [...repositories, to], other));
      return { imageName: name, repositories: [image.reference, reference, ...others].map(repositoryOf), reference };
    }),
  );
}

/**
 * What a manifest says of an image.
 * @throws OpError (input) for the tag of an image that has none
 */
export function partOf({ imageName, reference }: DeliveredImage, part: ImagePart): string {
  const { tag, digest = '' } = reference;
  if (part === 'reference') return formatReference(reference);
  if (part === 'repository') return repositoryOf(reference);
  if (part === 'digest') return digest;
  if (tag !== undefined) return part === 'tag' ? tag : `${tag}@${digest}`;
  throw inputError({
    what: `image "${imageName}" has no tag to write`,
    why: `the build result has it as ${formatReference(reference)}`,
    hint: 'build it with a tag, or set the value digest or reference instead',
  });
}

const withoutDigest = (path: string, name: string, reference: Reference) =>
  inputError({
    what: `image "${name}" of ${path} has no digest`,
    why: `it is ${formatReference(reference)}, and a tag may be another image tomorrow`,
    hint: 'use the build result that op push or op promote-image wrote: it has the digests',
  });
