import * as v from 'valibot';
import { parsePrefix, parseReference } from '../../systems/registry/reference.js';
import { destinationProblem } from './destination.js';
import { byteCount, checked, described, digest, duration, nonEmptyList, pattern, text, wholeNumber } from './fields.js';
import { helmCharts } from './helm-charts.js';
import { mirrorName } from './name.js';
import { pruneRules } from './prune-rules.js';
import { referrerChoice } from './referrer-choice.js';
import { tagSelection } from './tag-selection.js';

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
const referrers = v.optional(
  described(
    referrerChoice,
    'What refers to the images, such as signatures and SBOMs. Without it, nothing of that is copied.',
  ),
);
const to = described(
  v.pipe(text, checked(destinationProblem)),
  'Destination: REGISTRY/PATH[:TAG] with {registry}, {path}, {name} and {tag} of the source.',
);

const image = v.pipe(
  text,
  checked((value) => {
    const read = parseReference(value);
    return 'problem' in read ? `is not an image: ${read.problem}` : undefined;
  }),
);
const imageOrCharts = v.union([image, helmCharts], 'must be an image, or an object with helm and charts');
const source = v.pipe(
  v.strictObject(
    {
      from: described(
        // A union alone would not say what is wrong in the one that is meant. The schema for editors is made without a value.
        v.lazy((value) =>
          value === undefined
            ? imageOrCharts
            : typeof value === 'object' && value !== null && !Array.isArray(value)
              ? helmCharts
              : image,
        ),
        'Repository to copy from; with :TAG or @DIGEST, exactly this image. Or charts of an HTTP Helm repository.',
      ),
      to: v.optional(to),
      tags: v.optional(tagSelection),
      digests: v.optional(described(nonEmptyList(digest), 'Images that have no tag.')),
      platforms: v.optional(
        described(platforms, 'Copy only some platforms of an index. Without it, an index is copied whole.'),
      ),
      referrers,
      drift,
      immutableTags,
    },
    'must be an object with from, to and tags',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { from, tags, digests } = dataset.value;
    const wrong = (key: string, message: string) =>
      addIssue({ message, path: [{ type: 'object', origin: 'value', input: dataset.value, key, value: from }] });
    if (typeof from === 'object') {
      for (const [key, message] of chartProblems({ ...dataset.value, from })) wrong(key, message);
      return;
    }
    const read = parseReference(from);
    if ('problem' in read) return;
    if (tags?.exact?.some((tag) => tag.includes('+')))
      wrong('tags', 'has a plus in exact, which no tag of an image has');
    const named = read.tag !== undefined || read.digest !== undefined;
    const selected = tags !== undefined || digests !== undefined;
    if (named === selected) {
      const message = named
        ? 'names one image, so tags and digests cannot be given'
        : 'selects no image: add :TAG or @DIGEST, tags, or digests';
      wrong('from', message);
    }
  }),
);

/** What a source of charts cannot have. */
function chartProblems({
  tags,
  from,
  ...others
}: {
  readonly from: { readonly charts: unknown };
  readonly tags?: { readonly exact?: readonly string[] | undefined } | undefined;
  readonly digests?: unknown;
  readonly platforms?: unknown;
  readonly referrers?: unknown;
}): readonly (readonly [key: string, message: string])[] {
  const forImages = (['digests', 'platforms', 'referrers'] as const).filter((key) => others[key] !== undefined);
  return [
    ...forImages.map((key) => [key, 'is for images, and a chart has none'] as const),
    ...(tags === undefined ? [['from', 'selects no version: add tags'] as const] : []),
    ...(from.charts === 'all' && tags?.exact !== undefined
      ? [['tags', 'has exact, and not all charts have the same versions: give regex, semver or newest'] as const]
      : []),
  ];
}

const rate = v.pipe(
  v.strictObject(
    {
      min: v.optional(
        described(
          wholeNumber(0, 1_000_000),
          'Of the pulls that the registry says are left (RateLimit-Remaining), leave so many for others.',
        ),
      ),
      pulls: v.optional(described(wholeNumber(1, 1_000_000), 'Manifests that one run may read in the time `per`.')),
      per: v.optional(described(duration, 'Time for `pulls`, such as 6h.')),
      retry: v.optional(
        described(
          duration,
          'When there are no more: wait so long, and ask again. Without it, the image fails, and the next run goes on.',
        ),
      ),
    },
    'must be an object with min, or pulls and per',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { min, pulls, per } = dataset.value;
    const wrong = (key: string, message: string) =>
      addIssue({ message, path: [{ type: 'object', origin: 'value', input: dataset.value, key, value: undefined }] });
    if (min === undefined && pulls === undefined) wrong('min', 'is missing: give min, or pulls and per');
    if (pulls !== undefined && per === undefined) wrong('per', 'is missing: the time for pulls');
    if (pulls === undefined && per !== undefined) wrong('pulls', 'is missing: how many in the time per');
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
    rate: v.optional(
      described(rate, 'How many manifests are read from it, which registries with a quota count as pulls.'),
    ),
  },
  'must be an object with host',
);

/** The mirror file. */
export const mirrorFile = v.pipe(
  v.strictObject(
    {
      version: described(v.literal(1, 'must be 1'), 'Version of this format.'),
      name: v.optional(
        described(mirrorName, 'Name of this mirror: of its history, and of its lock. Default: the name of this file.'),
      ),
      defaults: v.optional(
        described(
          v.strictObject(
            { to: v.optional(to), platforms: v.optional(platforms), referrers, drift, immutableTags },
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
              retries: v.optional(described(wholeNumber(0, 20), 'How often a request is tried again (default 5).')),
              timeout: v.optional(described(duration, 'Time limit for one image (default 20m).')),
              history: v.optional(described(wholeNumber(1, 200), 'How many runs are remembered (default 30).')),
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
              deletions: v.optional(
                described(wholeNumber(0, 1_000_000), 'Most images that one op mirror prune may delete.'),
              ),
            },
            'must be an object',
          ),
          'A run that needs more copies nothing, and a prune that needs more deletes nothing.',
        ),
      ),
      prune: v.optional(
        described(pruneRules, 'Allows op mirror prune to delete what this mirror wrote and does not select any more.'),
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
