import { readDirectives } from '../dockerfile/directives.js';
import { parseDockerfile, splitWords } from '../dockerfile/parse.js';

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
  const image = readDirectives(dockerfile).syntax?.split(' ', 1)[0];
  if (image === undefined) return true;
  const official = /^(?:docker\.io\/)?docker\/dockerfile(?::([^@]*))?$/u.exec(image);
  if (official === null) return false;
  const [, tag = 'latest'] = official;
  const minor = /^1\.(\d+)(?:\.\d+)?$/u.exec(tag)?.[1];
  return tag === 'latest' || tag === '1' || (minor !== undefined && Number(minor) <= newestBuiltIn);
}

/** The names of the stages: the values that `--target` accepts. */
export const stagesOf = (dockerfile: string): readonly string[] => {
  const { escapeToken, instructions } = parseDockerfile(dockerfile);
  return instructions.flatMap(({ keyword, rest }) => {
    const [, as = '', name] = keyword === 'FROM' ? splitWords(rest, escapeToken) : [];
    return name !== undefined && as.toLowerCase() === 'as' ? [name] : [];
  });
};
