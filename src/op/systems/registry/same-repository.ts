/**
 * The name of a repository, or the beginning of one, as it is written most: Docker Hub has three names, and may be left out. Source:
 * distribution/reference, ParseNormalizedNamed.
 */
const canonicalRepository = (name: string): string =>
  name
    .replace(/^(?:(?:index\.|registry-1\.)?docker\.io)(?:\/library(?=\/|$))?(?=\/|$)\/?/u, '')
    .replace(/^library\//u, '') || 'docker.io';

/** Whether two names, without tag and digest, mean the same repository: `docker.io/me/web`, `index.docker.io/me/web` and `me/web`. */
export const isSameRepository = (one: string, other: string): boolean =>
  canonicalRepository(one) === canonicalRepository(other);

/** What follows `prefix` in the name of a repository below it; undefined if it is not below. */
export function pathBelow(repository: string, prefix: string): string | undefined {
  const [whole, start] = [canonicalRepository(repository), canonicalRepository(prefix)];
  if (start === 'docker.io') return isOnDockerHub(whole) ? whole : undefined;
  return whole.startsWith(`${start}/`) ? whole.slice(start.length + 1) : undefined;
}

const isOnDockerHub = (name: string) => {
  const [first = ''] = name.split('/');
  return !/[.:]/u.test(first) && first !== 'localhost';
};
