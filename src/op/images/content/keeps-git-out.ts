/**
 * Whether a dockerignore file is certain to keep all of `.git` out of the image. Its last matching line counts, so any exception that
 * could reach `.git` makes it uncertain: one that does not start with another plain name.
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function keepsGitOut(dockerignore: string): boolean {
  if (/[^\S \t\r\n]/u.test(dockerignore.replace(/^\ufeff/u, ''))) return false;
  const lines = dockerignore
    .replace(/^\ufeff/u, '')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim());
  const exceptions = lines.filter((line) => line.startsWith('!'));
  return (
    lines.some((line) => /^\/?(?:\*\*\/)?(?:\.git\/?|\.git\*|\.\*|\*|\*\*)$/u.test(line)) &&
    exceptions.every(isElsewhere)
  );
}

const isElsewhere = (line: string) =>
  /^!\/?(?!\.git(?:\/|$))[\w.-]*\w[\w.-]*(?:\/[\w.*?/-]*)?$/u.test(line) && !line.includes('..');
