import { describe, expect, it } from 'vitest';
import { selectTags } from './select-tags.js';

const tags = [
  'latest',
  '1.25',
  'v1.25.1',
  '1.26.0',
  '1.26.0-rc.1',
  '2.0.0',
  '1.9.9',
  '1.26-alpine',
  '20240101',
  '9',
  '10',
];

describe('selecting tags', () => {
  it.each<[string, Parameters<typeof selectTags>[1], string[]]>([
    ['a regex matches the whole tag, not a part of it', { regex: '\\d\\.26' }, []],
    ['a regex keeps the order of the registry', { regex: '1\\.26.*' }, ['1.26.0', '1.26.0-rc.1', '1.26-alpine']],
    ['exclude removes', { regex: '1\\.26.*', exclude: '.*-rc.*' }, ['1.26.0', '1.26-alpine']],
    [
      'a range of versions takes tags with a v and with two numbers, the highest first, and no pre-releases',
      { semver: '>=1.25 <2' },
      ['1.26.0', 'v1.25.1', '1.25'],
    ],
    [
      'pre-releases by their order, if they are wanted',
      { semver: '>=1.25.1 <1.26.0', prereleases: true },
      ['1.26.0-rc.1', '1.26-alpine', 'v1.25.1'],
    ],
    [
      'pre-releases of the first version of a range, if it starts with one',
      { semver: '>=1.26.0-0 <2.0.0-0', prereleases: true },
      ['1.26.0', '1.26.0-rc.1', '1.26-alpine'],
    ],
    ['the newest of a range', { semver: '1.x', newest: 2 }, ['1.26.0', 'v1.25.1']],
    ['numbers are compared as numbers', { regex: '\\d+', sort: 'numerical', newest: 2 }, ['20240101', '10']],
    ['text is compared as text', { regex: '\\d+', sort: 'alphabetical', newest: 1 }, ['9']],
    ['what is not a number has no numerical order', { regex: 'latest|9', sort: 'numerical' }, ['9']],
    [
      'an extracted part is what is compared',
      { regex: '(?<version>.*)-alpine', extract: '$version', semver: '^1.20', newest: 1 },
      ['1.26-alpine'],
    ],
  ])('%s', (_, selection, expected) => expect(selectTags(tags, selection)).toEqual(expected));

  it('keeps apart numbers that a double cannot', () => {
    const dates = ['20240101000000000001', '20240101000000000003', '20240101000000000002'];
    expect(selectTags(dates, { sort: 'numerical', newest: 1 })).toEqual(['20240101000000000003']);
  });

  it('has the same result whatever the order of the registry, and each tag once', () => {
    const same = ['v1.0.0', '1.0.0', '1.0', '1.0'];
    const selection = { semver: '1.x', newest: 2 } as const;
    expect(selectTags(same, selection)).toEqual(selectTags(same.toReversed(), selection));
    expect(selectTags(same, { semver: '1.x' })).toHaveLength(3);
  });
});
