import { parseReference } from '../../systems/registry/reference.js';
import { fullName, type Mirror } from './mirror.js';

/** Marks images that no rule may rewrite again. BuildKit ignores unknown attributes. */
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
 * The source policy that makes BuildKit pull images from mirrors. BuildKit applies it where it resolves an image, so it covers
 * `FROM`, `COPY --from`, `RUN --mount=from`, the `# syntax=` line, `ONBUILD` of a base image and the SBOM generator, with build
 * arguments substituted, and without parsing the Dockerfile. (Named contexts would replace a stage that has the name of an image,
 * as in `FROM node AS node`.)
 *
 * BuildKit evaluates all rules again after each conversion, and the result once more later. So images at a mirror, and the project's
 * own images, are marked first, and the rule of a mirror skips marked images.
 * @param own names of images that this project builds: their repositories are never rewritten
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
