import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TagSelection } from '../mirror-file/read.js';
import { selectTags } from '../resolve/select-tags.js';
import { between, containing, type Translated } from './go-pattern.js';
import { fromMasterminds, fromRegsync, type TranslatedRange } from './go-range.js';

/**
 * Which of the tags in the first line these libraries chose, or `!` for what they refuse: `regexp` of Go 1.26 (with MatchString, and as
 * `^…$`), Masterminds/semver 3.5.0 of skopeo 1.22, and internal/semver of regclient 0.11.7.
 */
const lines = readFileSync(join(import.meta.dirname, 'go-results.tsv'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t'));
const tags = lines[0]?.[2]?.split(' ') ?? [];

const pattern = (read: Translated): TagSelection | undefined =>
  'pattern' in read ? { regex: read.pattern } : undefined;
const range = (read: TranslatedRange): TagSelection | undefined =>
  'semver' in read ? { semver: read.semver, prereleases: read.prereleases } : undefined;
const translators: Readonly<Record<string, (text: string) => TagSelection | undefined>> = {
  containing: (text) => pattern(containing(text)),
  between: (text) => pattern(between(text)),
  masterminds: (text) => range(fromMasterminds(text)),
  regsync: (text) => range(fromRegsync([text])),
};
/** What Go accepts, and no mirror file can say the same as; nobody has a reason to write it. */
const refusedHere = new Set([
  'between a\\',
  ...['^*', '$*1'].flatMap((text) => [`containing ${text}`, `between ${text}`]),
  ...['!=1.2-0', '>=1 || >=1.0.0-0', '^*', '>*', '<*', '!=*'].map((text) => `masterminds ${text}`),
  'regsync >=1.2.3-rc1',
]);

describe.each(Object.entries(translators))('expressions of Go: %s', (kind, translate) => {
  const own = lines.filter(([of]) => of === kind);

  it('choose the same tags when they are translated, and are refused if Go refuses them', () => {
    expect(own.length).toBeGreaterThan(30);
    for (const [, text = '', chosen = ''] of own) {
      const selection = translate(text);
      const name = `${kind} ${text}`;
      if (selection === undefined) expect(chosen === '!' || refusedHere.has(name), name).toBe(true);
      else
        expect([name, ...selectTags(tags, selection).toSorted()]).toEqual([
          name,
          ...chosen.split(' ').filter(Boolean).toSorted(),
        ]);
    }
  });
});

describe('a translated expression', () => {
  it.each([
    ['^v?\\d+\\.\\d+$', 'v?\\d+\\.\\d+'],
    ['^3\\.[12][0-9]', '3\\.[12][0-9].*'],
    ['-alpine$', '.*-alpine'],
    ['(?i)rc', '.*[rR][cC].*'],
    ['^[[:digit:]]+$', '[0-9]+'],
    ['^(?P<major>\\d+)\\.x$|^latest$', '(?:\\d+)\\.x|latest'],
  ])('stays readable: %s', (text, expected) => expect(containing(text)).toEqual({ pattern: expected }));

  it.each([
    ['>= v0.27.0', '>=0.27.0', false],
    ['^1.2, !=1.4.1', '>=1.2.0 <2.0.0 <1.4.1 || >=1.2.0 <2.0.0 >1.4.1', false],
    ['>=1.2.3-rc.1 <2', '>=1.2.3-rc.1 <2.0.0', true],
    ['1.2 - 1.4', '>=1.2.0 <1.5.0', false],
  ])('stays readable: %s', (text, semver, prereleases) =>
    expect(fromMasterminds(text)).toEqual({ semver, prereleases }),
  );

  it.each([
    ['(?=x)', 'it is not valid in Go: it has no lookahead, lookbehind or other groups that start with (?'],
    ['[[:alfa:]]', 'it is not valid in Go: [:alfa:] is no class'],
    ['a**', 'it is not valid in Go: something follows * that repeats it'],
    ['\\p{Klingon}', 'op does not know the characters \\p{Klingon}'],
    ['\\101', '\\1 has no equivalent'],
  ])('says what is wrong with %s', (text, problem) => expect(containing(text)).toEqual({ problem }));
});
