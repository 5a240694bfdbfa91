import { Range } from 'semver';
import * as v from 'valibot';
import { parseDuration } from '../../kit/options/duration.js';
import { parsePrefix, parseReference } from '../../systems/registry/reference.js';
import { parseBytes } from './bytes.js';
import { destinationProblem } from './destination.js';
import { compilePattern } from './pattern.js';

const text = v.pipe(v.string('must be a string'), v.trim(), v.nonEmpty('must not be empty'));
const wholeNumber = (least: number, most: number) =>
  v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(most, `must be at most ${most}`),
  );
/** Checks a text with a function that says what is wrong with it. */
const checked = (problemOf: (value: string) => string | undefined) =>
  v.rawCheck<string>(({ dataset, addIssue }) => {
    const problem = dataset.typed ? problemOf(dataset.value) : undefined;
    if (problem !== undefined) addIssue({ message: problem });
  });

const pattern = v.pipe(
  text,
  checked((value) => {
    const compiled = compilePattern(value);
    return 'problem' in compiled ? `is not a regular expression: ${compiled.problem}` : undefined;
  }),
);
const duration = v.pipe(
  text,
  checked((value) =>
    (parseDuration(value) ?? 0) > 0 ? undefined : 'must be a duration such as 90s, 10m or 1h30m, more than 0',
  ),
);
const byteCount = v.union(
  [
    wholeNumber(1, Number.MAX_SAFE_INTEGER),
    v.pipe(
      text,
      checked((value) =>
        parseBytes(value) === undefined ? 'must be bytes, such as 500MB, 20GB or 1.5GiB' : undefined,
      ),
    ),
  ],
  ({ issues }) =>
    issues?.find(({ message }) => message.startsWith('must be bytes'))?.message ??
    'must be bytes, such as 500MB or 20GB',
);
const digest = v.pipe(
  v.string('must be a string'),
  v.regex(/^sha256:[0-9a-f]{64}$/u, 'must be sha256: and 64 hexadecimal digits'),
);
/** A tag, perhaps pinned to a digest. */
const tag = v.pipe(
  v.string('must be a string; quote a tag that looks like a number'),
  v.regex(/^\w[\w.-]{0,127}(?:@sha256:[0-9a-f]{64})?$/u, 'must be a tag, or TAG@sha256:DIGEST'),
);

const described = <Schema extends v.GenericSchema>(schema: Schema, sentence: string) =>
  v.pipe(schema, v.description(sentence));

const nonEmptyList = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(v.array(item, 'must be a list'), v.nonEmpty('must not be empty'));

/** How tags that are kept are ordered, so that the newest can be told. */
const sortings = ['semver', 'numerical', 'alphabetical'] as const;

const tags = v.pipe(
  v.strictObject(
    {
      exact: v.optional(described(nonEmptyList(tag), 'Tags by name; each may be pinned: TAG@sha256:DIGEST.')),
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
      sort: v.optional(described(v.picklist(sortings), 'Order of the tags; semver if there is a range.')),
      newest: v.optional(described(wholeNumber(1, 100_000), 'How many to keep, of the highest.')),
    },
    'must be an object with exact, regex, semver …',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { exact, regex, exclude, extract, semver, sort, newest } = dataset.value;
    const listed = regex ?? semver ?? newest;
    const wrong = (key: string, message: string) =>
      addIssue({ message, path: [{ type: 'object', origin: 'value', input: dataset.value, key, value: undefined }] });
    if (exact === undefined && listed === undefined) wrong('exact', 'is missing: give exact, regex, semver or newest');
    if (exclude !== undefined && listed === undefined)
      wrong('exclude', 'has no effect without regex, semver or newest');
    if (newest !== undefined && sort === undefined && semver === undefined) {
      wrong('newest', `needs sort: ${sortings.join(', ')}`);
    }
    const problem = extract === undefined ? undefined : extractProblem(extract, regex);
    if (problem !== undefined) wrong('extract', problem);
  }),
);

/** What is done when a tag at the destination names another image than at the source. */
export const driftPolicies = ['overwrite', 'keep', 'fail'] as const;
export type DriftPolicy = (typeof driftPolicies)[number];

const drift = v.optional(
  described(
    v.picklist(driftPolicies),
    'A tag that names another image at the destination: overwrite it (default), keep it, or fail.',
  ),
);
const immutableTags = v.optional(
  described(
    nonEmptyList(pattern),
    'Tags that never move: one that matches as a whole is not overwritten, whatever drift is.',
  ),
);
/** What becomes of an index when not all of its platforms are copied. */
const partialIndexes = ['sparse', 'rewrite', 'child'] as const;

const platforms = v.pipe(
  v.strictObject(
    {
      keep: described(
        nonEmptyList(
          v.pipe(
            v.string('must be a string'),
            v.regex(/^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9.]+)?$/u, 'must be OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT'),
          ),
        ),
        'The platforms that are copied, such as linux/amd64; without a variant, all of its variants.',
      ),
      as: described(
        v.picklist(partialIndexes),
        'sparse: the same index, some of whose images are not there; rewrite: another index, with another digest; child: the one image itself.',
      ),
    },
    'must be an object with keep and as',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.as !== 'child' || dataset.value.keep.length === 1) return;
    const path = { type: 'object', origin: 'value', input: dataset.value, key: 'keep', value: undefined } as const;
    addIssue({ message: 'must name one platform, because as is child', path: [path] });
  }),
);
const to = described(
  v.pipe(text, checked(destinationProblem)),
  'Destination: REGISTRY/PATH[:TAG] with {registry}, {path}, {name} and {tag} of the source.',
);

const source = v.pipe(
  v.strictObject(
    {
      from: described(
        v.pipe(
          text,
          checked((value) => {
            const read = parseReference(value);
            return 'problem' in read ? `is not an image: ${read.problem}` : undefined;
          }),
        ),
        'Repository to copy from; with :TAG or @DIGEST, exactly this image.',
      ),
      to: v.optional(to),
      tags: v.optional(tags),
      digests: v.optional(described(nonEmptyList(digest), 'Images that have no tag.')),
      platforms: v.optional(
        described(platforms, 'Copy only some platforms of an index. Without it, an index is copied whole.'),
      ),
      drift,
      immutableTags,
    },
    'must be an object with from, to and tags',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { from, tags, digests } = dataset.value;
    const read = parseReference(from);
    if ('problem' in read) return;
    const named = read.tag !== undefined || read.digest !== undefined;
    const selected = tags !== undefined || digests !== undefined;
    if (named === selected) {
      const message = named
        ? 'names one image, so tags and digests cannot be given'
        : 'selects no image: add :TAG or @DIGEST, tags, or digests';
      addIssue({
        message,
        path: [{ type: 'object', origin: 'value', input: dataset.value, key: 'from', value: from }],
      });
    }
  }),
);

const registry = v.strictObject(
  {
    host: described(
      v.pipe(
        text,
        checked((value) => {
          const read = parsePrefix(value);
          return 'problem' in read || read.prefix !== read.registry ? 'must be HOST[:PORT]' : undefined;
        }),
      ),
      'The registry, as HOST[:PORT]; docker.io for Docker Hub.',
    ),
    dockerconfig: v.optional(
      described(text, 'Directory with its credentials: config.json or .dockerconfigjson; relative to this file.'),
    ),
    ca: v.optional(described(text, 'File with certificates (PEM) of its authority; relative to this file.')),
    insecure: v.optional(
      described(v.boolean('must be true or false'), 'Use plain HTTP, or do not check its certificate.'),
    ),
  },
  'must be an object with host',
);

/** The mirror file. */
export const mirrorFile = v.pipe(
  v.strictObject(
    {
      version: described(v.literal(1, 'must be 1'), 'Version of this format.'),
      defaults: v.optional(
        described(
          v.strictObject(
            { to: v.optional(to), platforms: v.optional(platforms), drift, immutableTags },
            'must be an object',
          ),
          'What applies to every source that does not say otherwise.',
        ),
      ),
      run: v.optional(
        described(
          v.strictObject(
            {
              parallel: v.optional(described(wholeNumber(1, 100), 'Images that are copied at a time (default 6).')),
              retries: v.optional(described(wholeNumber(0, 20), 'How often a request is tried again (default 4).')),
              timeout: v.optional(described(duration, 'Time limit for one image (default 20m).')),
            },
            'must be an object',
          ),
          'How the work is done.',
        ),
      ),
      limits: v.optional(
        described(
          v.strictObject(
            {
              newImages: v.optional(described(wholeNumber(0, 1_000_000), 'Most images that one run may copy.')),
              bytes: v.optional(described(byteCount, 'Most bytes that one run may upload, such as 20GB.')),
            },
            'must be an object',
          ),
          'A run that needs more copies nothing.',
        ),
      ),
      registries: v.optional(described(v.array(registry, 'must be a list'), 'Registries that need more than a name.')),
      sources: described(nonEmptyList(source), 'What to mirror.'),
    },
    'must be an object with version and sources',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { defaults, sources, registries = [] } = dataset.value;
    for (const [index, one] of sources.entries()) {
      if (one.to !== undefined || defaults?.to !== undefined) continue;
      addIssue({ message: 'is missing, and defaults has no to', path: place(dataset.value, sources, index, 'to') });
    }
    for (const [index, { host }] of registries.entries()) {
      if (registries.findIndex((other) => other.host === host) === index) continue;
      addIssue({ message: `is there twice: ${host}`, path: place(dataset.value, registries, index, 'host') });
    }
  }),
);

function place(
  input: Record<string, unknown>,
  list: unknown[],
  index: number,
  key: string,
): [v.IssuePathItem, ...v.IssuePathItem[]] {
  const listKey = Object.keys(input).find((one) => input[one] === list) ?? '';
  return [
    { type: 'object', origin: 'value', input, key: listKey, value: list },
    { type: 'array', origin: 'value', input: list, key: index, value: list[index] },
    { type: 'object', origin: 'value', input: list[index] as Record<string, unknown>, key, value: undefined },
  ];
}

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
