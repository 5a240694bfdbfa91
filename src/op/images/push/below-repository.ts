import { refusedError } from '../../kit/errors/op-error.js';
import { formatReference, repositoryOf } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';

/**
 * Checks that images go below the repository that op was told to push to, before anything is pushed: Skaffold takes a name that begins like
 * the repository as it is, and `r.example/prod/web` begins like `r.example/pr`.
 * @throws OpError (refused) for the first one that does not
 */
export function refuseOutside(images: readonly BuiltImage[], repository: string): void {
  const outside = images.find(({ reference }) => !`${repositoryOf(reference)}/`.startsWith(`${repository}/`));
  if (outside === undefined) return;
  throw refusedError({
    what: `cannot push ${outside.imageName} to ${formatReference(outside.reference)}`,
    why: `it is not below ${repository}: its name in skaffold.yaml begins like that repository, and Skaffold takes it as it is`,
    hint: 'write the name of the image without a registry in skaffold.yaml',
  });
}
