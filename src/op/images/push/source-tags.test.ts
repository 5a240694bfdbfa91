import { describe, expect, it } from 'vitest';
import type { Head } from '../../systems/git/head.js';
import { mayMove, namesTheSource, recordsOf } from './source-tags.js';

const head: Head = { commit: '2d35842abcdef0123456789abcdef0123456789a', changed: 0, url: '' };

describe('a tag', () => {
  it.each([
    ['2d35842', true],
    ['2d35842abcdef0123456789abcdef0123456789a', true],
    ['v1.2.3-4-g2d35842', true],
    ['main-2d35842', true],
    ['f'.repeat(64), true],
    ['2d3584', false],
    ['2d35843', false],
    ['2d35842-dirty', false],
    ['2d35842f', false],
    ['v1.2.3', false],
    ['latest', false],
    ['2026-11-21_02-57-19.146_UTC', false],
    ['x2d35842', false],
  ])('%s identifies the source: %s', (tag, answer) => expect(namesTheSource(tag, head)).toBe(answer));

  it('does not name a commit when files differ from it, or without a commit', () => {
    expect(namesTheSource('2d35842', { ...head, changed: 1 })).toBe(false);
    expect(namesTheSource('2d35842', undefined)).toBe(false);
  });

  it('names the content, whatever the commit is', () => {
    expect(namesTheSource('f'.repeat(64), { ...head, changed: 1 })).toBe(true);
  });
});

describe('a tag may be taken from another image', () => {
  const tree = '8f2ab31'.padEnd(40, '0');
  it.each<readonly [tag: string, changed: number, answer: boolean]>([
    ['latest', 0, true],
    ['v1.2.3-dirty', 1, true],
    ['2d35842', 1, true],
    [tree, 0, true],
    ['8f2ab31', 0, true],
    ['v-8f2ab31', 0, true],
    ['v1.2.3', 0, false],
    ['v1.2.3', 1, false],
    ['main', 0, false],
    ['2026-11-21', 0, false],
    ['20261121', 0, false],
    ['8f2ab32', 0, false],
    ['latest-1', 0, false],
    ['dirty', 0, false],
  ])('%s, with %d changed files: %s', (tag, changed, answer) =>
    expect(mayMove(tag, { ...head, changed }, tree)).toBe(answer),
  );
});

describe('the commit of an image is recorded', () => {
  const recorded = (tag: string, changed = 0) => recordsOf({ path: 'web', tag }, { ...head, changed });

  it.each(['v1.2.3', 'main', '20261121', 'x'.repeat(128)])('under a valid tag, beside %s', (tag) => {
    const { finished = '', unfinished = '' } = recorded(tag) ?? {};
    expect(finished.startsWith(`commit-${head.commit}.${tag.slice(0, 80)}`)).toBe(true);
    expect(unfinished.startsWith(`unfinished-${head.commit}.`)).toBe(true);
    for (const one of [finished, unfinished]) expect(one).toMatch(/^\w[\w.-]{0,127}$/u);
  });

  it.each(['2d35842', 'v1-2-g2d35842', 'f'.repeat(64), 'latest', 'v1-dirty'])('not beside %s', (tag) => {
    expect(recorded(tag)).toBeUndefined();
  });

  it('only when the files are those of the commit', () => {
    expect(recorded('v1.2.3', 1)).toBeUndefined();
    expect(recordsOf({ path: 'web', tag: 'v1.2.3' }, undefined)).toBeUndefined();
  });
});
