import type { Context } from '../../context.js';
import type { BuiltImage } from '../../images/build-result/build-result.js';
import { checked } from '../../images/settings/repositories.js';
import { inputError } from '../../kit/errors/op-error.js';
import { mapConcurrently, valuesOf } from '../../kit/process/map-concurrently.js';
import { type Access, lookUp } from '../../systems/registry/crane.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { Environment, Environments } from '../environments/environment.js';
import { propertiesOf } from '../environments/read.js';
import { rebase } from '../environments/rebase.js';
import { repositoryFrom } from '../environments/repositories.js';
import type { Expected } from './image-match.js';

/**
 * Images of a build result, or as they were published, as the environment has them, each with its digest: that of the build result, or what the registry says of its tag.
 * @param repository the flag
 * @throws OpError (input) for a repository that does not fit, (tool) when the registry has no such image
 */
export async function readExpected(
  context: Context,
  access: Access,
  environments: Environments,
  environment: Environment,
  { chosen, repository }: { readonly chosen: readonly BuiltImage[]; readonly repository: string | undefined },
): Promise<readonly Expected[]> {
  const to = await repositoryOfEnvironment(context, environment, repository);
  const others = environments.names.flatMap((name) => environments.of(name).repository?.value ?? []);
  const rebased = chosen.map((image) => ({
    imageName: image.imageName,
    image: rebase(image, others, to),
  }));
  const resolved = await mapConcurrently(rebased, 6, async ({ imageName, image }): Promise<Expected> => {
    if (image.digest !== undefined) return { imageName, image: { ...image, digest: image.digest } };
    const found = await lookUp(context, access, image);
    if ('error' in found) throw found.error;
    context.log.step(`${formatReference(image)} is ${found.digest}`);
    return { imageName, image: { ...image, digest: found.digest } };
  });
  return valuesOf(resolved);
}

/** Flag, then what the environment has, then the key for any environment. @throws OpError (input) when none is set */
async function repositoryOfEnvironment(
  context: Context,
  environment: Environment,
  flag: string | undefined,
): Promise<string> {
  if (flag !== undefined) return checked({ key: 'repository', value: flag, origin: '--repository' }).value;
  const set =
    environment.repository ?? repositoryFrom(context, await propertiesOf(context), ['WATCH_DESTINATION_REPOSITORY']);
  if (set !== undefined) return set.value;
  throw inputError({
    what: `environment ${environment.name} has no repository`,
    why: 'what shall run there can only be named with the registry and path that it is pulled from',
    hint: `give --repository, or repository in environments.yaml, or set IMAGE_REPOSITORY_${environment.name.toUpperCase().replaceAll('-', '_')}`,
  });
}
