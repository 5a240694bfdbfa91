/** The newest Dockerfile frontend that buildkitd 0.26 has inside. */
const newestInside = 20;

/**
 * Whether a Dockerfile's `# syntax=` line asks for nothing but what buildkitd has inside: no line, or `docker/dockerfile` of Docker Hub
 * with a floating tag (none, `latest`, `1`) or a stable version up to 1.20, of which buildkitd's own frontend is a superset.
 *
 * For those the image is not pulled: a place without docker.io builds the same, and everywhere a request to a registry is saved.
 * A frontend with a digest, of another channel (`1-labs`), newer, or of anybody else is what the Dockerfile needs in particular: BuildKit
 * pulls it, through its mirror when its host has one.
 * @see https://docs.docker.com/reference/dockerfile/#syntax
 */
export function isSyntaxInside(dockerfile: string): boolean {
  const image = syntaxOf(dockerfile);
  if (image === undefined) return true;
  const official = /^(?:docker\.io\/)?docker\/dockerfile(?::([^@]*))?$/u.exec(image);
  if (official === null) return false;
  const [, tag = 'latest'] = official;
  const minor = /^1\.(\d+)(?:\.\d+)?$/u.exec(tag)?.[1];
  return tag === 'latest' || tag === '1' || (minor !== undefined && Number(minor) <= newestInside);
}

/** The image of the syntax line. Directives are comments before anything else, each once; Source: BuildKit's directive parser. */
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

/** The names of the stages, which `--target` takes. */
export const stagesOf = (dockerfile: string): readonly string[] =>
  [...dockerfile.matchAll(/^\s*FROM\s+(?:--\S+\s+)*\S+\s+AS\s+(\S+)/gimu)].map(([, name = '']) => name);
