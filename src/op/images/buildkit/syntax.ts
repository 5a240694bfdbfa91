/** The newest Dockerfile frontend that is built into buildkitd 0.26. */
const newestBuiltIn = 20;

/**
 * Whether the frontend built into buildkitd is enough for a Dockerfile's `# syntax=` line: there is no line, or `docker/dockerfile` of Docker Hub
 * with a floating tag (none, `latest`, `1`) or a stable version up to 1.20; buildkitd's own frontend is a superset of these.
 *
 * For these the image is not pulled: sites without docker.io build the same, and others save a request.
 * A frontend with a digest, of another channel (`1-labs`), newer, or from another publisher may be needed as it is: BuildKit pulls it,
 * from a mirror if its host has one.
 * @see https://docs.docker.com/reference/dockerfile/#syntax
 */
export function isSyntaxBuiltIn(dockerfile: string): boolean {
  const image = syntaxOf(dockerfile);
  if (image === undefined) return true;
  const official = /^(?:docker\.io\/)?docker\/dockerfile(?::([^@]*))?$/u.exec(image);
  if (official === null) return false;
  const [, tag = 'latest'] = official;
  const minor = /^1\.(\d+)(?:\.\d+)?$/u.exec(tag)?.[1];
  return tag === 'latest' || tag === '1' || (minor !== undefined && Number(minor) <= newestBuiltIn);
}

/** The image of the syntax line. Directives are comments before anything else, each at most once. Source: BuildKit's directive parser. */
function syntaxOf(dockerfile: string): string | undefined {
  const lines = dockerfile.replace(/^\ufeff/u, '').split(/\r?\n/u);
  if (lines[0]?.startsWith('#!')) lines.shift();
  for (const line of lines) {
    const [, name = '', value = ''] = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/u.exec(line) ?? [];
    if (name.toLowerCase() === 'syntax') return value.split(' ', 1)[0];
    if (!['escape', 'check'].includes(name.toLowerCase())) return undefined;
  }
  return undefined;
}

/** The names of the stages: the values that `--target` accepts. */
export const stagesOf = (dockerfile: string): readonly string[] =>
  [...dockerfile.matchAll(/^\s*FROM\s+(?:--\S+\s+)*\S+\s+AS\s+(\S+)/gimu)].map(([, name = '']) => name);
