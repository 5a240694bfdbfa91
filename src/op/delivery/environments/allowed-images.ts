import type { BuiltImage } from '../../images/build-result/build-result.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { formatReference, repositoryOf } from '../../systems/registry/reference.js';
import { pathBelow } from '../../systems/registry/same-repository.js';
import type { Environment } from './environment.js';

/**
 * Checks that images are below the repository of an environment.
 * @throws OpError (refused) for the first one that is not
 */
export function checkBelow({ name }: Environment, images: readonly BuiltImage[], repository: string): void {
  const outside = images.find(({ reference }) => pathBelow(repositoryOf(reference), repository) === undefined);
  if (outside === undefined) return;
  throw refusedError({
    what: `image "${oneLine(outside.imageName)}" is not delivered to ${name}`,
    why: `it is ${formatReference(outside.reference)}, which is not below ${repository}`,
    hint: `push to the repository of ${name}, or check its repository in environments.yaml`,
  });
}

/**
 * Checks that images are among those that environments.yaml lists; without such a list, all are. Both the name and the path count: a
 * build chooses the name of an image freely.
 * @param images with their references in the environment
 * @throws OpError (refused) for the first one that is not
 */
export function checkAllowed(
  { name, images: allowed, repository: own }: Environment,
  images: readonly BuiltImage[],
  repository = own?.value,
): void {
  if (allowed === undefined) return;
  for (const { imageName, reference } of images) {
    const path = (repository !== undefined && pathBelow(repositoryOf(reference), repository)) || '';
    const nameListed = allowed.some((one) => one === imageName || one.endsWith(`/${imageName}`));
    const pathListed =
      repository === undefined || allowed.some((one) => one === path || underDefaultRepo(one) === path);
    if (nameListed && pathListed) continue;
    throw refusedError({
      what: `image "${oneLine(imageName)}" is not delivered to ${name}`,
      why: `it is ${formatReference(reference)}, and the images of ${name} are ${allowed.join(', ')}`,
      hint: 'add it to images in environments.yaml, if this application may deliver it',
    });
  }
}

/** How Skaffold writes the name of an image below most registries. Source: its documentation of default-repo. */
const underDefaultRepo = (imageName: string) => imageName.replace(/[/._:@]/gu, '_');
