import { valid } from 'semver';
import * as v from 'valibot';
import type { YamlPath } from '../../kit/config/yaml-text.js';
import { containing } from '../import/go-pattern.js';

/** A rule of oc-mirror v2 that a configuration does not follow. */
export interface Broken {
  readonly path: YamlPath;
  readonly what: string;
}

const text = v.optional(v.nullable(v.string()));
const range = { minVersion: text, maxVersion: text };
const listOf = <Item extends v.GenericSchema>(item: Item) => v.optional(v.nullable(v.array(item)), []);
const named = v.looseObject({ name: text, ...range });
const content = v.looseObject({
  platform: v.optional(
    v.nullable(
      v.looseObject({ channels: listOf(named), architectures: listOf(v.string()), platforms: listOf(v.unknown()) }),
    ),
  ),
  operators: listOf(
    v.looseObject({
      catalog: text,
      targetCatalog: text,
      targetTag: text,
      full: v.optional(v.nullable(v.boolean())),
      packages: listOf(v.looseObject({ name: text, ...range, channels: listOf(named) })),
    }),
  ),
  additionalImages: listOf(v.looseObject({ name: text, targetRepo: text })),
  blockedImages: listOf(v.looseObject({ name: text })),
});
const file = v.looseObject({ mirror: v.optional(v.nullable(content)), delete: v.optional(v.nullable(content)) });

type Content = v.InferOutput<typeof content>;
type Range = { readonly minVersion?: string | null | undefined; readonly maxVersion?: string | null | undefined };

/**
 * What oc-mirror v2 refuses of a configuration whose fields are right: names that are there twice, versions that are none, two kinds of
 * ranges at once. Source: https://github.com/openshift/oc-mirror, internal/pkg/config/validate.go and docs/features/filtering.md of August 2026
 */
export function rulesOfV2(value: unknown): readonly Broken[] {
  const read = v.parse(file, value);
  return (['mirror', 'delete'] as const).flatMap((key) => {
    const part = read[key];
    return part ? contentRules(part, [key]) : [];
  });
}

function contentRules(
  { platform, operators, additionalImages, blockedImages }: Content,
  path: YamlPath,
): readonly Broken[] {
  const channels = platform?.channels ?? [];
  const catalogs = operators ?? [];
  return [
    ...twice(
      channels.map(({ name }) => name ?? ''),
      (index) => [...path, 'platform', 'channels', index, 'name'],
    ),
    ...((platform?.architectures?.length ?? 0) > 0 && (platform?.platforms?.length ?? 0) > 0
      ? [{ path: [...path, 'platform', 'platforms'], what: 'cannot be given together with architectures' }]
      : []),
    ...twice(
      catalogs.map(({ catalog, targetCatalog, targetTag }) =>
        [catalog, targetCatalog, targetTag].filter(Boolean).join(' '),
      ),
      (index) => [...path, 'operators', index, 'catalog'],
    ),
    ...catalogs.flatMap((one, index) => catalogRules(one, [...path, 'operators', index])),
    ...(additionalImages ?? []).flatMap(({ targetRepo }, index) =>
      targetRepo && !pathForm.test(targetRepo)
        ? [{ path: [...path, 'additionalImages', index, 'targetRepo'], what: 'is not a path of images' }]
        : [],
    ),
    ...(blockedImages ?? []).flatMap(({ name }, index) => {
      const read = containing(name ?? '');
      return 'problem' in read && read.problem.startsWith('it is not valid in Go')
        ? [{ path: [...path, 'blockedImages', index, 'name'], what: `is not a regular expression: ${read.problem}` }]
        : [];
    }),
  ];
}

const pathForm = /^[a-z0-9]+(?:(?:[._]|__|-*)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-*)[a-z0-9]+)*)*$/u;

function catalogRules(
  { catalog, targetCatalog, full, packages }: NonNullable<Content['operators']>[number],
  path: YamlPath,
): readonly Broken[] {
  const all = packages ?? [];
  return [
    ...(catalog ? [] : [{ path: [...path, 'catalog'], what: 'is missing' }]),
    ...(targetCatalog && !pathForm.test(targetCatalog)
      ? [{ path: [...path, 'targetCatalog'], what: 'is not a path of images' }]
      : []),
    ...twice(
      all.map(({ name }) => name ?? ''),
      (index) => [...path, 'packages', index, 'name'],
    ),
    ...all.flatMap((one, index): readonly Broken[] => {
      const place = [...path, 'packages', index];
      const channels = one.channels ?? [];
      const ranged = channels.findIndex(hasRange);
      return [
        ...(one.name ? [] : [{ path: [...place, 'name'], what: 'is missing' }]),
        ...versionRules(one, place),
        ...twice(
          channels.map(({ name }) => name ?? ''),
          (channel) => [...place, 'channels', channel, 'name'],
        ),
        ...channels.flatMap((channel, at) => versionRules(channel, [...place, 'channels', at])),
        ...(hasRange(one) && ranged >= 0
          ? [
              {
                path: [...place, 'channels', ranged],
                what: 'has a range of versions, and so has its package; v2 takes only one of them: take one out',
              },
            ]
          : []),
        ...(full === true && (hasRange(one) || ranged >= 0)
          ? [
              {
                path: hasRange(one) ? place : [...place, 'channels', ranged],
                what: 'has a range of versions, and its catalog is full; v2 takes only one of them: take one out',
              },
            ]
          : []),
      ];
    }),
  ];
}

const hasRange = ({ minVersion, maxVersion }: Range): boolean => Boolean(minVersion || maxVersion);

const versionRules = (one: Range, path: YamlPath): readonly Broken[] =>
  (['minVersion', 'maxVersion'] as const).flatMap((key) => {
    const version = one[key];
    return version && !isVersion(version) ? [{ path: [...path, key], what: 'is not a version such as 1.2.3' }] : [];
  });

/** oc-mirror completes versions: 1.2 is 1.2.0. */
function isVersion(text: string): boolean {
  const [, start = '', rest = ''] = /^v?(\d+(?:\.\d+){0,2})(.*)$/u.exec(text) ?? [];
  const numbers = start.split('.').map((part) => part.replace(/^0+(?=\d)/u, ''));
  return start !== '' && valid(`${[...numbers, '0', '0'].slice(0, 3).join('.')}${rest}`) !== null;
}

function twice(names: readonly string[], pathOf: (index: number) => YamlPath): readonly Broken[] {
  return names.flatMap((name, index) =>
    name !== '' && names.indexOf(name) < index ? [{ path: pathOf(index), what: `is there twice: ${name}` }] : [],
  );
}
