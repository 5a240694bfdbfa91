import * as v from 'valibot';
import { describeIssue, type YamlProblem } from '../../kit/config/yaml-problems.js';
import type { YamlPath, YamlText } from '../../kit/config/yaml-text.js';
import { parsePrefix, parseReference } from '../../systems/registry/reference.js';
import { containing } from './go-pattern.js';
import { fromMasterminds } from './go-range.js';
import {
  type Imported,
  type ImportedEntry,
  type ImportedRegistry,
  type ImportedSource,
  isGiven,
  isTrue,
  orNothing,
  problemsIn,
} from './imported.js';

const text = v.string('must be a text');
const texts = orNothing(v.record(v.string(), text, 'must be an object'));
const registry = orNothing(
  v.looseObject(
    {
      images: orNothing(v.record(v.string(), orNothing(v.array(text, 'must be a list')), 'must be an object')),
      'images-by-tag-regex': texts,
      'images-by-semver': texts,
      'tls-verify': orNothing(v.string('must be true or false')),
    },
    'must be an object',
  ),
);
const file = v.record(v.string(), registry, 'must be an object of registries');

type Registry = NonNullable<v.InferOutput<typeof registry>>;

/**
 * Reads a YAML file of `skopeo sync`: what it copies, as sources of a mirror file. Where they go is not in it, but on skopeo's command line.
 * Source: https://github.com/containers/skopeo (cmd/skopeo/sync.go, 1.22)
 */
export function readSkopeoSync(yaml: YamlText): Imported | { readonly problems: readonly YamlProblem[] } {
  const at = problemsIn(yaml);
  const read = v.safeParse(file, yaml.value);
  if (!read.success) {
    return {
      problems: read.issues.map((issue) =>
        at(
          (issue.path ?? []).flatMap(({ key }) => (typeof key === 'string' || typeof key === 'number' ? [key] : [])),
          describeIssue(issue).what,
        ),
      ),
    };
  }
  const entries: ImportedEntry[] = [];
  const registries: ImportedRegistry[] = [];
  const warnings: YamlProblem[] = [];
  for (const [name, one] of Object.entries(read.output)) {
    if (one === undefined) {
      warnings.push(at([name], 'has no images'));
      continue;
    }
    entries.push(...entriesOf(yaml, name, one));
    warnings.push(...warningsOf(name, one, at));
    const host = parsePrefix(name);
    if (one['tls-verify'] === undefined || isTrue(one['tls-verify'])) continue;
    if ('registry' in host)
      registries.push({ host: host.registry, insecure: true, line: yaml.lineOf([name, 'tls-verify']) });
  }
  return { entries, registries, warnings };
}

function entriesOf(yaml: YamlText, name: string, one: Registry): readonly ImportedEntry[] {
  const at = problemsIn(yaml);
  const entries = <Value>(
    key: 'images' | 'images-by-tag-regex' | 'images-by-semver',
    values: Readonly<Record<string, Value>> | undefined,
    sourceOf: (value: Value, path: YamlPath) => Choice,
  ) =>
    Object.entries(values ?? {}).map(([image, value]): ImportedEntry => {
      const path = [name, key, image];
      const line = yaml.lineOf(path);
      const from = `${name}/${image}`;
      const reference = parseReference(from);
      if ('problem' in reference)
        return { line, sources: [], refused: [at(path, `is not an image: ${reference.problem}`)] };
      if ((reference.tag ?? reference.digest) !== undefined) {
        return { line, sources: [], refused: [at(path, 'names one image; give its tag or digest in the list')] };
      }
      const choice = sourceOf(value, path);
      return 'refused' in choice
        ? { line, sources: [], refused: choice.refused }
        : { line, sources: [{ from, line, ...choice }], refused: [] };
    });
  return [
    ...entries('images', one.images, (value, path) => named(value ?? [], path, yaml)),
    ...entries('images-by-tag-regex', one['images-by-tag-regex'], (value, path): Choice => {
      const translated = containing(value);
      return 'problem' in translated
        ? { refused: [at(path, `is a regular expression that cannot be taken over: ${translated.problem}`)] }
        : { tags: { regex: translated.pattern } };
    }),
    ...entries('images-by-semver', one['images-by-semver'], (value, path): Choice => {
      const translated = fromMasterminds(value);
      if ('problem' in translated) return { refused: [at(path, `cannot be taken over: ${translated.problem}`)] };
      const { semver, prereleases } = translated;
      return { tags: { semver, ...(prereleases ? { prereleases } : {}) } };
    }),
  ];
}

type Choice = Pick<ImportedSource, 'tags' | 'digests' | 'itemLines'> | { readonly refused: readonly YamlProblem[] };

const tagForm = /^\w[\w.-]{0,127}$/u;
const digestForm = /^sha256:[0-9a-f]{64}$/u;

/** Tags and digests by name; an empty list means all tags. */
function named(names: readonly string[], path: YamlPath, yaml: YamlText): Choice {
  if (names.length === 0) return { tags: { regex: '.*' } };
  const at = problemsIn(yaml);
  const refused = names.flatMap((one, index) =>
    tagForm.test(one) || digestForm.test(one)
      ? []
      : [at([...path, index], 'is neither a tag nor a digest with sha256; skopeo leaves it out')],
  );
  if (refused.length > 0) return { refused };
  const lineOf = (one: string) => yaml.lineOf([...path, names.indexOf(one)]);
  const exact = [...new Set(names.filter((one) => !digestForm.test(one)))];
  const digests = [...new Set(names.filter((one) => digestForm.test(one)))];
  return {
    ...(exact.length === 0 ? {} : { tags: { exact } }),
    ...(digests.length === 0 ? {} : { digests }),
    itemLines: [...exact, ...digests].map(lineOf),
  };
}

const quiet = new Set(['images', 'images-by-tag-regex', 'images-by-semver', 'tls-verify']);

function warningsOf(name: string, one: Registry, at: ReturnType<typeof problemsIn>): readonly YamlProblem[] {
  const what: Readonly<Record<string, string>> = {
    credentials: 'is not taken over: log in with crane or docker, or set dockerconfig of the registry',
    'cert-dir': 'is not taken over: name the file of its certificates as ca of the registry',
  };
  return Object.entries(one).flatMap(([field, value]) =>
    quiet.has(field) || !isGiven(value) ? [] : [at([name, field], what[field] ?? 'is unknown; skopeo ignores it, too')],
  );
}
