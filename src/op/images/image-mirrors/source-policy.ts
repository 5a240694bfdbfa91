import { parseReference } from '../../systems/registry/reference.js';
import { fullName, type Mirror } from './mirror.js';

/** Marks what no mirror may rewrite any more. BuildKit ignores attributes that it does not know. */
const mark = 'octopipeline.mirrored';

interface Rule {
  readonly action: 'CONVERT';
  readonly selector: {
    readonly match_type: 'REGEX';
    readonly identifier: string;
    readonly constraints: readonly { readonly key: string; readonly value: string; readonly condition: 'NOTEQUAL' }[];
  };
  readonly updates: { readonly identifier: string; readonly attrs: Readonly<Record<string, string>> };
}

/**
 * The rules by which BuildKit takes images from mirrors: a source policy. It is evaluated where BuildKit resolves an image, so it
 * holds for `FROM`, `COPY --from`, `RUN --mount=from`, the `# syntax=` line, `ONBUILD` of a base and the SBOM generator, with build
 * arguments filled in, and without anybody reading the Dockerfile. (Named contexts would replace a stage that has the name of an
 * image, as in `FROM node AS node`.)
 *
 * BuildKit evaluates all rules again after each conversion, and the result once more later: so what is under a mirror, and the
 * project's own images, are first marked, and a mirror's rule leaves alone what is marked.
 * @param own names of images that this project makes: their repositories are never rewritten
 * @returns the content of the file for `buildctl build --source-policy-file`; undefined when there is nothing to rewrite
 * @see https://github.com/moby/buildkit/blob/v0.26.3/sourcepolicy/pb/policy.proto
 */
export function sourcePolicy(mirrors: readonly Mirror[], own: readonly string[]): string | undefined {
  if (mirrors.length === 0) return undefined;
  const kept = [...mirrors.map(({ mirror }) => `${literal(mirror)}/`), ...own.flatMap(repository)];
  const rules = [
    ...kept.map((pattern) => convert(`^(docker-image://${pattern})`, '${1}')),
    ...mirrors.map(({ host, mirror }) => convert(`^docker-image://${literal(host)}/`, `docker-image://${mirror}/`)),
  ];
  return JSON.stringify({ version: 1, rules });
}

function repository(name: string): readonly string[] {
  const reference = parseReference(name);
  if ('problem' in reference) return [];
  const { host, path } = fullName(reference);
  return [`${literal(`${host}/${path}`)}(?:[:@]|$)`];
}

const convert = (from: string, to: string): Rule => ({
  action: 'CONVERT',
  selector: {
    match_type: 'REGEX',
    identifier: from,
    constraints: [{ key: mark, value: 'true', condition: 'NOTEQUAL' }],
  },
  updates: { identifier: to, attrs: { [mark]: 'true' } },
});

const literal = (text: string) => text.replace(/[\\^$.|?*+()[\]{}]/gu, '\\$&');
