import type { Context } from '../../context.js';
import type { BuiltImage } from '../../images/build-result/build-result.js';
import { checkRegistry } from '../../images/settings/repositories.js';
import { readProperties } from '../../kit/config/properties.js';
import { inputError } from '../../kit/errors/op-error.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { lookUp, type RegistryAccess } from '../../systems/registry/crane.js';
import { formatReference } from '../../systems/registry/reference.js';
import { checkAllowed } from '../environments/allowed-images.js';
import { configuredRepository } from '../environments/configured-repository.js';
import type { Environment, Environments } from '../environments/environment.js';
import { renameImage } from '../environments/rename-image.js';
import type { ExpectedImage } from './judge/match-image.js';

interface ImagesOfEnvironment {
  readonly environments: Environments;
  readonly environment: Environment;
  readonly images: readonly BuiltImage[];
  readonly repository: string | undefined;
}

/**
 * The images in the repository of the environment, each with its digest: that of the build result, or the one that the registry has for its tag.
 * @param repository the flag: overrides the repository of the environment
 * @throws OpError (input) for an invalid repository, (tool) when the registry does not have the image
 */
export async function readExpectedImages(
  context: Context,
  access: RegistryAccess,
  { environments, environment, images, repository }: ImagesOfEnvironment,
): Promise<readonly ExpectedImage[]> {
  const to = await repositoryOfEnvironment(context, environment, repository);
  const others = environments.names.flatMap((name) => environments.of(name).repository?.value ?? []);
  const rebased = images.map((image) => ({
    imageName: image.imageName,
    image: renameImage(image, others, to),
  }));
  checkAllowed(
    environment,
    rebased.map(({ imageName, image }) => ({ imageName, reference: image })),
    to,
  );
  const resolved = await mapConcurrently(rebased, 6, async ({ imageName, image }): Promise<ExpectedImage> => {
    if (image.digest !== undefined) return { imageName, image: { ...image, digest: image.digest } };
    const found = await lookUp(context, access, image);
    if ('error' in found) throw found.error;
    context.log.detail(`${formatReference(image)} is ${found.digest}`);
    return { imageName, image: { ...image, digest: found.digest } };
  });
  return valuesOf(resolved);
}

/** The flag, else that of the environment, else the key for all environments. @throws OpError (input) when none is set */
async function repositoryOfEnvironment(
  context: Context,
  environment: Environment,
  flag: string | undefined,
): Promise<string> {
  if (flag !== undefined) return checkRegistry({ key: 'repository', value: flag, origin: '--repository' }).value;
  const set =
    environment.repository ??
    configuredRepository(context, await readProperties(context), ['WATCH_DESTINATION_REPOSITORY']);
  if (set !== undefined) return set.value;
  throw inputError({
    what: `environment ${environment.name} has no repository`,
    why: 'the expected images are named by the registry and path that they are pulled from',
    hint: `give --repository, write repository into environments.yaml, or set IMAGE_REPOSITORY_${environment.name.toUpperCase().replaceAll('-', '_')}`,
  });
}
