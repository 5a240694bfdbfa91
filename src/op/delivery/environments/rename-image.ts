import type { BuiltImage } from '../../images/build-result/build-result.js';
import { inputError } from '../../kit/errors/op-error.js';
import { parseReference, type Reference, repositoryOf } from '../../systems/registry/reference.js';
import { pathBelow } from '../../systems/registry/same-repository.js';

/**
 * The name of an image in another repository: its path below the longest match in `repositories` is appended to `to`.
 * An image that is already below `to` keeps its name. Tag and digest are kept.
 * @example renameImage(app at ghcr.io/acme/dev/team/app:v1, ['ghcr.io/acme/dev'], 'ghcr.io/acme/pp') // ghcr.io/acme/pp/team/app:v1
 * @throws OpError (input) for an image that is in none of them: its path cannot be known
 */
export function renameImage(
  { imageName, reference }: BuiltImage,
  repositories: readonly string[],
  to: string,
): Reference {
  const repository = repositoryOf(reference);
  const [path] = [to, ...repositories]
    .flatMap((prefix) => pathBelow(repository, prefix) ?? [])
    .sort((one, other) => one.length - other.length);
  if (path === undefined) {
    throw inputError({
      what: `image "${imageName}" has no name below ${to}`,
      why: `${repository} is not below any of ${[...new Set([to, ...repositories])].join(', ')}`,
      hint: 'check the repositories of the environments, and that the build result is from the first environment',
    });
  }
  const { tag, digest } = reference;
  const renamed = parseReference(`${to}/${path}`);
  if ('problem' in renamed) {
    throw inputError({
      what: `image "${imageName}" cannot be named below ${to}`,
      why: renamed.problem,
      hint: 'check the repository of the environment',
    });
  }
  return { ...renamed, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}
