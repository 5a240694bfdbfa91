import type { BuiltImage } from '../../images/build-result/build-result.js';
import { inputError } from '../../kit/errors/op-error.js';
import { parseReference, type Reference, repositoryOf } from '../../systems/registry/reference.js';

/**
 * The name that an image has in another repository: the path below the one of `repositories` that it lies in (the longest) goes below `to`.
 * An image that lies below `to` already stays as it is. Tag and digest stay.
 * @example rebase(app at ghcr.io/acme/dev/team/app:v1, ['ghcr.io/acme/dev'], 'ghcr.io/acme/pp') // ghcr.io/acme/pp/team/app:v1
 * @throws OpError (input) for an image that lies in none of them: where it belongs cannot be known
 */
export function rebase({ imageName, reference }: BuiltImage, repositories: readonly string[], to: string): Reference {
  const repository = repositoryOf(reference);
  const below = [to, ...repositories]
    .filter((prefix) => repository.startsWith(`${prefix}/`))
    .sort((one, other) => other.length - one.length)[0];
  if (below === undefined) {
    throw inputError({
      what: `image "${imageName}" has no name below ${to}`,
      why: `it is ${repository}, which lies below none of ${[...new Set([to, ...repositories])].join(', ')}`,
      hint: 'check the repositories of the environments, and that the build result is of the first of them',
    });
  }
  const { tag, digest } = reference;
  const renamed = parseReference(`${to}${repository.slice(below.length)}`);
  if ('problem' in renamed) {
    throw inputError({
      what: `image "${imageName}" cannot be named below ${to}`,
      why: renamed.problem,
      hint: 'check the repository of the environment',
    });
  }
  return { ...renamed, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}
