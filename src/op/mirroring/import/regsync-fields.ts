import type { YamlProblem } from '../../kit/config/yaml-problems.js';
import type { YamlPath } from '../../kit/config/yaml-text.js';
import { isGiven, isTrue, type problemsIn } from './imported.js';

type Fields = Readonly<Record<string, unknown>>;
type At = ReturnType<typeof problemsIn>;

/** What regsync copies unless `mediaTypes` says otherwise. */
const usualTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
];

const on = (value: unknown) => typeof value === 'string' && isTrue(value);
const lacksUsualTypes = (value: unknown) =>
  Array.isArray(value) && value.length > 0 && usualTypes.some((type) => !value.includes(type));

/** Fields of a step, or of `defaults`, that change what is copied. */
const changing: Readonly<Record<string, { readonly matters: (value: unknown) => boolean; readonly what: string }>> = {
  includeExternal: { matters: on, what: 'copies layers that have URLs of their own; op leaves them where they are' },
  backup: {
    matters: isGiven,
    what: 'keeps a copy of what is overwritten, which op does not; take it out, or use drift: keep for tags that must not be lost',
  },
  mediaTypes: { matters: lacksUsualTypes, what: 'leaves out images by their media type, which a mirror file cannot' },
};

/** The fields that would change what is copied if they were left out. */
export const refusedFields = (
  fields: Fields,
  path: YamlPath,
  at: At,
): readonly { readonly field: string; readonly problem: YamlProblem }[] =>
  Object.entries(changing).flatMap(([field, { matters, what }]) =>
    matters(fields[field]) ? [{ field, problem: at([...path, field], what) }] : [],
  );

const notNeeded = 'is not needed: it does not change what is copied';
const schedule = 'is not taken over: a schedule starts op mirror run';

/** Fields that change how, or when. */
const harmless: Readonly<Record<string, string>> = {
  interval: schedule,
  schedule,
  ratelimit: 'is not taken over: op waits when a registry says so; rate of a registry has min and retry',
  fastCheck: notNeeded,
  forceRecursive: 'is not taken over: --deep does the same',
  hooks: 'is not taken over: regsync reads hooks and runs none',
  userAgent: notNeeded,
  blobLimit: notNeeded,
  cacheCount: notNeeded,
  cacheTime: notNeeded,
  skipDockerConfig: 'is not taken over: --dockerconfig names the credentials',
};
const quiet = new Set([
  'version',
  'creds',
  'defaults',
  'sync',
  'source',
  'target',
  'type',
  'tags',
  'tagSets',
  'platform',
  'platforms',
  'parallel',
  'repos',
  'digestTags',
  'referrers',
  'referrerFilters',
  'referrerSource',
  'referrerTarget',
  'referrerSlow',
  ...Object.keys(changing),
]);

/** Fields that are left out without a change of what is copied. Those of the file that start with `x-` hold anchors. */
export function unnoticedFields(fields: Fields, path: YamlPath, at: At): readonly YamlProblem[] {
  const own = Object.entries(fields).flatMap(([field, value]) => {
    if (quiet.has(field) || (path.length === 0 && field.startsWith('x-'))) return [];
    const what = harmless[field] ?? 'is unknown; regsync ignores it, too';
    return isGiven(value) ? [at([...path, field], what)] : [];
  });
  const more = [...own, ...differences(fields, path, at)];
  if (fields.type !== 'image') return more;
  const filters = ['tags', 'tagSets'].filter((field) => isGiven(fields[field]));
  return [...more, ...filters.map((field) => at([...path, field], 'has no effect on one image, in regsync either'))];
}

/** Where op does not do quite the same. */
function differences(fields: Fields, path: YamlPath, at: At): readonly YamlProblem[] {
  const sets = [fields.tags, ...(Array.isArray(fields.tagSets) ? fields.tagSets : [])];
  const hasRange = sets.some(
    (set) => typeof set === 'object' && set !== null && 'semverRange' in set && isGiven(set.semverRange),
  );
  return [
    ...(hasRange && fields.type === 'repository'
      ? [
          at(
            [...path, 'tags'],
            'has a range: regsync also takes tags such as 1.2.3.4 and 1.2-x_y, which op takes for no versions',
          ),
        ]
      : []),
    ...(isGiven(fields.platforms)
      ? [at([...path, 'platforms'], 'brings the attestations of these images, too, which regsync leaves out')]
      : []),
  ];
}
