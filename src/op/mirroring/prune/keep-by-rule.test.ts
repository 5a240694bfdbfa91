import { describe, expect, it } from 'vitest';
import type { RecordedImage } from '../history/recorded.js';
import type { WrittenImage } from '../history/written.js';
import type { KeepRules } from '../mirror-file/prune-rules.js';
import { keptByRule } from './keep-by-rule.js';

const now = new Date('2026-11-27T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString();
const digestOf = (number: number) => `sha256:${`${number}`.padStart(64, '0')}`;

/** An image that is gone since so many days; null: it is selected. */
function written(name: string, number: number, goneDays: number | null, writtenDays = 100): WrittenImage {
  return {
    destination: `site.test/${name}`,
    source: `hub.test/${name}`,
    digests: [digestOf(number)],
    writtenAt: daysAgo(writtenDays),
    goneAt: goneDays === null ? null : daysAgo(goneDays),
  };
}

const recorded = (name: string, number: number): RecordedImage => ({
  source: `hub.test/${name}`,
  destination: `site.test/${name}`,
  digest: digestOf(number),
  outcome: 'mirrored',
});

const runOf = (id: string, images: readonly RecordedImage[]) => ({
  run: {
    id,
    workflow: 'direct' as const,
    plannedAt: daysAgo(1),
    verifiedAt: daysAgo(1),
    mirrorFile: 'mirror.yaml',
    mirrorDigest: digestOf(1),
    planDigest: digestOf(2),
    images: images.length,
    failing: 0,
    unlisted: 0,
    copied: 0,
    bytes: 0,
  },
  images,
});

const kept = (
  images: readonly WrittenImage[],
  rules: KeepRules,
  { selected = [], runs = [] }: { selected?: readonly RecordedImage[]; runs?: ReturnType<typeof runOf>[] } = {},
) =>
  Object.fromEntries([...keptByRule(images, rules, { runs, selected, now })].map(([key, why]) => [key.slice(10), why]));

describe('what is kept of the images that are not selected any more', () => {
  it('is what a pattern matches as a whole', () => {
    const images = [written('web:v1', 1, 9), written('web:v1.1', 2, 9), written('web:stable', 3, 9)];
    expect(kept(images, { tags: ['v\\d', 'st.*'] })).toEqual({ 'web:v1': 'keep.tags', 'web:stable': 'keep.tags' });
  });

  it('is what was not gone for long enough, to the hour', () => {
    const images = [written('web:a', 1, 6.9), written('web:b', 2, 7), written('web:c', 3, 0)];
    expect(kept(images, { days: 7 })).toEqual({
      'web:a': 'keep.days: gone for 6 of 7 days',
      'web:c': 'keep.days: gone for 0 of 7 days',
    });
  });

  it('is, in each repository, what was copied last, with all of the run that has the last place', () => {
    const images = [
      written('web:a', 1, 9, 10),
      written('web:b', 2, 9, 20),
      written('web:c', 3, 9, 20),
      written('web:d', 4, 9, 30),
      written('api:a', 5, 9, 90),
    ];
    expect(Object.keys(kept(images, { newest: 2 }))).toEqual(['web:a', 'web:b', 'web:c', 'api:a']);
  });

  it('is the highest tags of an order, and what has no place in it', () => {
    const images = [
      written('web:v1.9.0', 1, 9),
      written('web:v1.10.0', 2, 9),
      written('web:v1.2.0', 3, 9),
      written('web:nightly', 4, 9),
      written(`web@${digestOf(5)}`, 5, 9),
    ];
    const held = kept(images, { newest: 2, sort: 'semver' });
    expect(Object.keys(held)).toEqual(['web:v1.9.0', 'web:v1.10.0', 'web:nightly', `web@${digestOf(5)}`]);
    expect(held['web:nightly']).toBe('keep.sort: its tag has no place in the order (semver)');
    expect(held['web:v1.10.0']).toBe('keep.newest: one of 2 in site.test/web');
  });

  it('is what a recorded run held, with that digest', () => {
    const images = [written('web:a', 1, 9), written('web:b', 2, 9), written('web:c', 3, 9)];
    const runs = [runOf('new', [recorded('web:a', 1)]), runOf('old', [recorded('web:a', 1), recorded('web:b', 7)])];
    expect(kept(images, { runs: 2 }, { runs })).toEqual({ 'web:a': 'keep.runs: run new had it' });
  });

  it('is what is the same image as one that is selected, whatever the rules are', () => {
    const images = [written('web:v1', 1, 900), written('api:v1', 1, 900), written('web:v2', 2, 900)];
    const selected = [recorded('web:stable', 1)];
    expect(kept(images, { days: 1 }, { selected })).toEqual({
      'web:v1': 'is the same image as site.test/web:stable, which is selected',
    });
  });

  it('is nothing that is selected: no rule is asked about it', () => {
    expect(kept([written('web:v1', 1, null)], { tags: ['.*'] })).toEqual({});
  });
});
