import { Range } from 'semver';
import * as v from 'valibot';
import { checked, described, nonEmptyList, pattern, tag, text, wholeNumber } from './fields.js';
import { compilePattern } from './pattern.js';

/** How tags that are kept are ordered, so that the newest can be told. */
export const sortings = ['semver', 'numerical', 'alphabetical'] as const;

/** How tags of a repository are chosen. */
export const tagSelection = v.pipe(
  v.strictObject(
    {
      exact: v.optional(
        described(
          nonEmptyList(tag),
          'Tags by name; each may be pinned: TAG@sha256:DIGEST. For charts, VERSION@sha256: and the SHA-256 of the archive.',
        ),
      ),
      regex: v.optional(described(pattern, 'Regular expression that a whole tag must match.')),
      exclude: v.optional(described(pattern, 'Regular expression; a tag that matches as a whole is left out.')),
      extract: v.optional(
        described(
          text,
          'The part of a tag that is compared, with groups of `regex`: $1 or $name. Without it, the whole tag.',
        ),
      ),
      semver: v.optional(
        described(
          v.pipe(text, checked(rangeProblem)),
          'Range of versions, such as ">=1.4 <2" or "^3.1"; a leading v and missing parts are understood.',
        ),
      ),
      prereleases: v.optional(
        described(
          v.boolean('must be true or false'),
          'Whether `semver` takes pre-releases such as 2.0.0-rc.1 by their order; otherwise only those that the range names.',
        ),
      ),
      sort: v.optional(described(v.picklist(sortings), 'Order of the tags; semver if there is a range.')),
      newest: v.optional(described(wholeNumber(1, 100_000), 'How many to keep, of the highest.')),
    },
    'must be an object with exact, regex, semver …',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { exact, regex, exclude, extract, semver, prereleases, sort, newest } = dataset.value;
    const listed = regex ?? semver ?? newest;
    const wrong = (key: string, message: string) =>
      addIssue({ message, path: [{ type: 'object', origin: 'value', input: dataset.value, key, value: undefined }] });
    if (exact === undefined && listed === undefined) wrong('exact', 'is missing: give exact, regex, semver or newest');
    if (exclude !== undefined && listed === undefined)
      wrong('exclude', 'has no effect without regex, semver or newest');
    if (newest !== undefined && sort === undefined && semver === undefined) {
      wrong('newest', `needs sort: ${sortings.join(', ')}`);
    }
    if (prereleases !== undefined && semver === undefined) wrong('prereleases', 'has no effect without semver');
    const problem = extract === undefined ? undefined : extractProblem(extract, regex);
    if (problem !== undefined) wrong('extract', problem);
  }),
);

function rangeProblem(value: string): string | undefined {
  try {
    new Range(value);
    return undefined;
  } catch {
    return 'is not a range of versions; write, for example, ">=1.4 <2", "^3.1" or "1.x || 2.x"';
  }
}

function extractProblem(extract: string, regex: string | undefined): string | undefined {
  if (regex === undefined) return 'needs regex, whose groups it names';
  const compiled = compilePattern(regex);
  if ('problem' in compiled) return undefined;
  const unknown = groupsIn(extract).find((group) => !compiled.groups.includes(group));
  if (groupsIn(extract).length === 0) return 'names no group: write $1, or $name of (?<name>…)';
  return unknown === undefined ? undefined : `names the group $${unknown}, which regex does not have`;
}

const groupsIn = (extract: string): readonly string[] =>
  [...extract.matchAll(/\$(?:\{(\w+)\}|(\w+))/gu)].map(([, braced, plain]) => braced ?? plain ?? '');
