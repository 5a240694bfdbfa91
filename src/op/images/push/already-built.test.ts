import { describe, expect, it } from 'vitest';
import type { Head } from '../../systems/git/head.js';
import { namesTheSource } from './already-built.js';

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
