import * as v from 'valibot';
import { describeIssue, type YamlProblem } from '../../kit/config/yaml-problems.js';
import type { YamlPath, YamlText } from '../../kit/config/yaml-text.js';
import { pathOf } from '../../systems/registry/client/repository.js';
import { parseReference, type Reference, registryOf, repositoryOf } from '../../systems/registry/reference.js';
import { destinationProblem } from '../mirror-file/destination.js';
import type { PlatformChoice } from '../mirror-file/read.js';
import { type Imported, type ImportedEntry, type ImportedSource, isGiven, orNothing, problemsIn } from './imported.js';
import { readRegistries } from './regsync-creds.js';
import { refusedFields, unnoticedFields } from './regsync-fields.js';
import { referrersOf } from './regsync-referrers.js';
import { type Filter, filterWords, selectionsOf } from './regsync-tags.js';

const text = v.optional(v.string('must be a text'), '');
const filter = orNothing(
  v.looseObject({ allow: filterWords, deny: filterWords, semverRange: filterWords }, 'must be an object'),
);
const step = v.looseObject(
  {
    source: v.pipe(v.string('must be a text'), v.nonEmpty('is empty')),
    target: v.pipe(v.string('must be a text'), v.nonEmpty('is empty')),
    type: v.picklist(['image', 'repository', 'registry']),
    tags: filter,
    tagSets: orNothing(v.array(filter, 'must be a list')),
    platform: text,
    platforms: orNothing(v.array(v.string('must be a text'), 'must be a list')),
  },
  'must be an object',
);
const objects = orNothing(v.array(v.looseObject({}, 'must be an object'), 'must be a list'));
const file = v.looseObject({
  version: v.optional(v.pipe(v.string('must be 1'), v.regex(/^1?$/u, 'must be 1')), ''),
  creds: objects,
  defaults: orNothing(v.looseObject({ parallel: text }, 'must be an object')),
  sync: objects,
});

type Step = v.InferOutput<typeof step>;

/**
 * Reads a file of regsync: what its steps copy, as sources of a mirror file.
 * Source: https://github.com/regclient/regclient (cmd/regsync, 0.11.7)
 */
export function readRegsync(yaml: YamlText): Imported | { readonly problems: readonly YamlProblem[] } {
  const at = problemsIn(yaml);
  const read = v.safeParse(file, yaml.value);
  if (!read.success) return { problems: issuesOf(yaml, [], read.issues) };
  const { creds = [], defaults: common = { parallel: '' }, sync: steps = [] } = read.output;
  const { registries, refused, warnings } = readRegistries(creds, at);
  const ofDefaults = refusedFields(common, ['defaults'], at);
  const parallel = /^\d{1,3}$/u.test(common.parallel) ? Math.min(Math.max(Number(common.parallel), 1), 100) : undefined;
  return {
    registries,
    parallel,
    // What a step says itself counts instead.
    settings: ofDefaults.filter(({ field }) => steps.some((one) => !isGiven(one[field]))).map(({ problem }) => problem),
    warnings: [
      ...warnings,
      ...unnoticedFields(read.output, [], at),
      ...unnoticedFields(common, ['defaults'], at),
      ...steps.flatMap((one, index) => unnoticedFields(one, ['sync', index], at)),
    ],
    entries: [
      ...refused.map((problem) => ({ line: problem.line, sources: [], refused: [problem] })),
      ...steps.map((one, index) => entryOf(yaml, one, ['sync', index], common)),
    ],
  };
}

function entryOf(
  yaml: YamlText,
  one: Readonly<Record<string, unknown>>,
  path: YamlPath,
  defaults: Readonly<Record<string, unknown>>,
): ImportedEntry {
  const line = yaml.lineOf(path);
  const at = problemsIn(yaml);
  const read = v.safeParse(step, one);
  if (!read.success) return { line, sources: [], refused: issuesOf(yaml, path, read.issues) };
  const own = refusedFields(one, path, at).map(({ problem }) => problem);
  const { sources, problems } = sourcesOf(yaml, read.output, path);
  const { referrers, refused, warnings } = referrersOf(one, path, defaults, at);
  return {
    line,
    sources: referrers === undefined ? sources : sources.map((source) => ({ ...source, referrers })),
    refused: [...own, ...refused, ...problems],
    warnings,
  };
}

interface Sources {
  readonly sources: readonly ImportedSource[];
  readonly problems: readonly YamlProblem[];
}

function sourcesOf(yaml: YamlText, one: Step, path: YamlPath): Sources {
  const at = problemsIn(yaml);
  const from = imageOf(one.source);
  const target = imageOf(one.target);
  const platforms = platformsOf(one, path, at);
  const problems: YamlProblem[] = [
    ...('problem' in from ? [at([...path, 'source'], from.problem)] : []),
    ...('problem' in target ? [at([...path, 'target'], target.problem)] : []),
    ...platforms.problems,
  ];
  if (one.type === 'registry') {
    const what =
      'is registry, which asks for the list of all repositories; give each repository an entry: regctl repo ls lists them';
    return { sources: [], problems: [at([...path, 'type'], what)] };
  }
  const filters = one.type === 'image' ? [] : filtersOf(one, path);
  const chosen = selectionsOf(filters, yaml);
  problems.push(...chosen.problems);
  if ('problem' in from || 'problem' in target) return { sources: [], problems };
  const to = `${registryOf(target)}/${pathOf(target)}`;
  const badTarget = destinationProblem(to);
  if (badTarget !== undefined) problems.push(at([...path, 'target'], badTarget));
  const common = {
    line: yaml.lineOf(path),
    ...(platforms.choice === undefined ? {} : { platforms: platforms.choice }),
  };
  if (one.type === 'image') {
    const image = imageSource(from, target, to);
    if (!('problem' in image)) return { sources: [{ ...image, ...common }], problems };
    return { sources: [], problems: [...problems, at([...path, 'target'], image.problem)] };
  }
  for (const [field, image] of [
    ['source', from],
    ['target', target],
  ] as const) {
    if ((image.tag ?? image.digest) === undefined) continue;
    problems.push(at([...path, field], 'names one image, and type is repository'));
  }
  return { sources: chosen.selections.map((tags) => ({ from: repositoryOf(from), to, tags, ...common })), problems };
}

function filtersOf(one: Step, path: YamlPath): readonly (readonly [Filter, YamlPath])[] {
  const { tagSets = [], tags } = one;
  return [
    ...tagSets.map((set, index) => [set, [...path, 'tagSets', index]] as const),
    ...(tags !== undefined && isFilter(tags) ? [[tags, [...path, 'tags']] as const] : []),
  ];
}

/** regsync takes a filter without a word in it for none. */
const isFilter = (one: NonNullable<Filter>): boolean => [one.allow, one.deny, one.semverRange].some(isGiven);

function imageOf(text: string): Reference | { readonly problem: string } {
  if (text.includes('{{'))
    return { problem: 'is a template, which only regsync can fill in; write what it stands for' };
  if (/^oci(?:dir|file):\/\//u.test(text))
    return { problem: 'is a directory, and this mirrors from registry to registry' };
  const read = parseReference(text);
  return 'problem' in read ? { problem: `is not an image: ${read.problem}` } : read;
}

/** One image; without a tag it is `latest`, on both sides. A digest counts, whatever the tag. */
function imageSource(
  from: Reference,
  target: Reference,
  to: string,
): Pick<ImportedSource, 'from' | 'to'> | { readonly problem: string } {
  const repository = repositoryOf(from);
  const tag = target.tag ?? (target.digest === undefined ? 'latest' : undefined);
  if (target.digest !== undefined && target.digest !== from.digest) {
    return { problem: 'has a digest that is not that of the source; leave it out' };
  }
  if (from.digest !== undefined) {
    return { from: `${repository}${tag === undefined ? '' : `:${tag}`}@${from.digest}`, to };
  }
  const ownTag = from.tag ?? 'latest';
  return { from: `${repository}:${ownTag}`, to: tag === ownTag ? to : `${to}:${tag}` };
}

const platformForm = /^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9.]+)?$/u;

function platformsOf(
  { platform, platforms: list = [] }: Step,
  path: YamlPath,
  at: ReturnType<typeof problemsIn>,
): { readonly choice?: PlatformChoice; readonly problems: readonly YamlProblem[] } {
  if (platform !== '' && list.length > 0) {
    return { problems: [at([...path, 'platforms'], 'and platform are both given; keep one')] };
  }
  const keep = platform === '' ? list : [platform];
  const problems = keep.flatMap((one, index) =>
    platformForm.test(one)
      ? []
      : [
          at(
            platform === '' ? [...path, 'platforms', index] : [...path, 'platform'],
            one === ''
              ? 'is empty: what has no platform cannot be chosen here'
              : 'is not OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT',
          ),
        ],
  );
  if (keep.length === 0 || problems.length > 0) return { problems };
  return { choice: { keep: [...keep], as: platform === '' ? 'sparse' : 'child' }, problems };
}

/** Problems that a schema found, below a path. */
function issuesOf(yaml: YamlText, path: YamlPath, issues: readonly v.BaseIssue<unknown>[]): readonly YamlProblem[] {
  const at = problemsIn(yaml);
  return issues.map((issue) => {
    const keys = (issue.path ?? []).flatMap(({ key }) =>
      typeof key === 'string' || typeof key === 'number' ? [key] : [],
    );
    return at([...path, ...keys], describeIssue(issue).what);
  });
}
