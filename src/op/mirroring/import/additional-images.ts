import * as v from 'valibot';
import { describeIssue, type YamlProblem } from '../../kit/config/yaml-problems.js';
import type { YamlPath, YamlText } from '../../kit/config/yaml-text.js';
import { pathOf } from '../../systems/registry/client/repository.js';
import { parseReference, repositoryOf } from '../../systems/registry/reference.js';
import { destinationWith } from '../mirror-file/destination.js';
import type { PlatformChoice } from '../mirror-file/read.js';
import { containing } from './go-pattern.js';
import { type Imported, type ImportedEntry, isGiven, orNothing, problemsIn } from './imported.js';

const text = v.optional(v.string('must be a text'), '');
const image = v.strictObject(
  {
    name: v.pipe(v.string('must be a text'), v.nonEmpty('is empty')),
    targetrepo: text,
    targettag: text,
    platforms: orNothing(
      v.array(
        v.strictObject({ os: v.string('must be a text'), architecture: v.string('must be a text') }),
        'must be a list',
      ),
    ),
  },
  'must be an object with name',
);
const list = orNothing(v.array(v.unknown(), 'must be a list'));
const file = v.looseObject({
  mirror: v.looseObject({ additionalimages: list, blockedimages: list }, 'must be an object'),
});
const blocked = v.looseObject({ name: v.string('must be a text') }, 'must be an object with name');

/**
 * Reads `additionalImages` of an ImageSetConfiguration, as oc-mirror copies them. Everything else in it is refused: catalogs, releases and
 * charts need oc-mirror.
 * @param to where they go, see `fillDestination`
 * Source: https://github.com/openshift/oc-mirror (internal/pkg/additional, main of August 2026)
 */
export function readAdditionalImages(
  yaml: YamlText,
  to: string,
): Imported | { readonly problems: readonly YamlProblem[] } {
  const at = problemsIn(yaml);
  const { value, nameOf } = inLowerCase(yaml.value);
  const kind = isObject(value) ? value.kind : undefined;
  if (kind !== 'ImageSetConfiguration') {
    return { problems: [at(['kind'], `is ${String(kind)}; only an ImageSetConfiguration says what to copy`)] };
  }
  const read = v.safeParse(file, value);
  if (!read.success) return { problems: issuesOf(read.issues, [], at) };
  const { mirror } = read.output;
  const others = Object.entries(mirror).filter(([field]) => field !== 'additionalimages' && field !== 'blockedimages');
  const needOcMirror = others.flatMap(([field, content]): readonly ImportedEntry[] => {
    const path = ['mirror', nameOf(field)];
    const line = yaml.lineOf(path);
    if (!isGiven(content) || (isObject(content) && Object.values(content).every((one) => !isGiven(one)))) return [];
    return [{ line, sources: [], refused: [at(path, 'needs oc-mirror; keep it in a file of its own for that')] }];
  });
  const patterns = (mirror.blockedimages ?? []).map((one, index) => ({
    one,
    path: ['mirror', nameOf('blockedimages'), index],
  }));
  const blocking = patterns.map(({ one, path }) => readBlocked(one, path, at));
  const warnings: YamlProblem[] = [];
  const images = (mirror.additionalimages ?? []).map((one, index): ImportedEntry => {
    const path = ['mirror', nameOf('additionalimages'), index];
    const line = yaml.lineOf(path);
    const own = (key: string) =>
      (isObject(one) ? Object.keys(one).find((name) => name.toLowerCase() === key.toLowerCase()) : key) ?? key;
    const here = (keys: YamlPath, what: string) =>
      at(
        keys.map((key, depth) => (depth === path.length && typeof key === 'string' ? own(key) : key)),
        what,
      );
    const read = v.safeParse(image, lowerKeys(one));
    if (!read.success) return { line, sources: [], refused: issuesOf(read.issues, path, here) };
    const source = sourceOf(read.output, path, to, here);
    if ('refused' in source) return { line, sources: [], refused: source.refused };
    const by = blocking.find(
      (pattern): pattern is Extract<Blocked, { text: string }> =>
        'expression' in pattern && source.names.some((name) => pattern.expression.test(name)),
    );
    if (by !== undefined) {
      warnings.push(at([...path, 'name'], `is left out, as oc-mirror does: blockedImages has ${by.text}`));
      return { line, sources: [], refused: [] };
    }
    if (source.image.platforms !== undefined) {
      warnings.push(
        at([...path, 'platforms'], 'brings the attestations of these images, too, which oc-mirror leaves out'),
      );
    }
    return { line, sources: [{ line, ...source.image }], refused: [] };
  });
  const badPatterns = blocking.flatMap((one): readonly ImportedEntry[] =>
    'refused' in one ? [{ line: one.refused.line, sources: [], refused: [one.refused] }] : [],
  );
  return { entries: [...needOcMirror, ...badPatterns, ...images], registries: [], warnings };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function issuesOf(
  issues: readonly v.BaseIssue<unknown>[],
  path: YamlPath,
  at: ReturnType<typeof problemsIn>,
): readonly YamlProblem[] {
  return issues.map((issue) => {
    const keys = (issue.path ?? []).flatMap(({ key }) =>
      typeof key === 'string' || typeof key === 'number' ? [key] : [],
    );
    return at([...path, ...keys], describeIssue(issue).what);
  });
}

const lowerKeys = (value: unknown): unknown =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toLowerCase(), one])) : value;

/** oc-mirror reads the names of fields without regard to case: `additionalimages` is as good. */
function inLowerCase(value: unknown): { readonly value: unknown; readonly nameOf: (lower: string) => string } {
  const names = new Map<string, string>();
  const mirror = isObject(value) ? Object.entries(value).find(([key]) => key === 'mirror')?.[1] : undefined;
  if (!isObject(value) || !isObject(mirror)) return { value, nameOf: (name) => name };
  const entries = Object.entries(mirror).map(([key, one]) => {
    names.set(key.toLowerCase(), key);
    return [key.toLowerCase(), one];
  });
  return { value: { ...value, mirror: Object.fromEntries(entries) }, nameOf: (name) => names.get(name) ?? name };
}

type Blocked = { readonly refused: YamlProblem } | { readonly text: string; readonly expression: RegExp };

function readBlocked(one: unknown, path: YamlPath, at: ReturnType<typeof problemsIn>): Blocked {
  const read = v.safeParse(blocked, one);
  if (!read.success) return { refused: at(path, 'must be an object with name') };
  const translated = containing(read.output.name);
  return 'problem' in translated
    ? { refused: at([...path, 'name'], `is a regular expression that cannot be taken over: ${translated.problem}`) }
    : { text: read.output.name, expression: new RegExp(`^(?:${translated.pattern})$`, 's') };
}

interface Source {
  readonly image: { readonly from: string; readonly to?: string; readonly platforms?: PlatformChoice };
  /** What `blockedImages` is compared with. */
  readonly names: readonly string[];
}

function sourceOf(
  { name, targetrepo: targetRepo, targettag: targetTag, platforms }: v.InferOutput<typeof image>,
  place: YamlPath,
  to: string,
  at: ReturnType<typeof problemsIn>,
): Source | { readonly refused: readonly YamlProblem[] } {
  const refuse = (field: string, what: string) => ({ refused: [at([...place, field], what)] });
  const [, transport = 'docker', plain = ''] = /^(?:([a-z-]+):\/\/)?(.*)$/su.exec(name) ?? [];
  if (transport !== 'docker')
    return refuse('name', `is read from ${transport}://, and this mirrors from registry to registry`);
  const from = parseReference(plain);
  if ('problem' in from) return refuse('name', `is not an image: ${from.problem}`);
  if (from.tag === undefined && from.digest === undefined)
    return refuse('name', 'has neither tag nor digest; oc-mirror does not copy it');
  // oc-mirror takes what is before the first slash for the registry.
  const repository = repositoryOf(from);
  const path = targetRepo === '' ? repository.slice(repository.indexOf('/') + 1) : targetRepo;
  const tag = targetTag === '' ? from.tag : targetTag;
  const asPath = parseReference(`example.com/${path}`);
  if ('problem' in asPath || asPath.path !== path) return refuse('targetRepo', 'is not a path of images');
  if ('problem' in parseReference(`example.com/${path}:${tag ?? 'latest'}`)) return refuse('targetTag', 'is not a tag');
  // By digest, the source can have the new tag itself.
  const renamed = from.digest === undefined && tag !== from.tag ? tag : undefined;
  const goes = path === pathOf(from) && renamed === undefined ? to : destinationWith(to, path, renamed);
  const keep = (platforms ?? []).map(({ os, architecture }) => `${os}/${architecture}`);
  return {
    image: {
      from: from.digest === undefined ? plain : `${repository}${tag === undefined ? '' : `:${tag}`}@${from.digest}`,
      ...(goes === to ? {} : { to: goes }),
      ...(keep.length === 0 ? {} : { platforms: { keep, as: 'sparse' as const } }),
    },
    names: [plain, `${destinationWith(to, path, undefined)}:${tag ?? from.digest?.replace(':', '-') ?? ''}`],
  };
}
