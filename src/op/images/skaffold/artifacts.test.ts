import { describe, expect, it } from 'vitest';
import type { Artifact } from './artifact.js';
import { dependenciesFirst } from './artifacts.js';

type Node = Pick<Artifact, 'image' | 'requires'>;
const artifact = (image: string, ...requires: string[]): Node => ({
  image,
  requires: requires.map((image) => ({ image, alias: image })),
});
const sorted = (...artifacts: Node[]) =>
  dependenciesFirst(
    artifacts.map(({ image }) => ({ imageName: image })),
    artifacts,
  ).map(({ imageName }) => imageName);

describe('images', () => {
  it('keep their order when none is built from another', () => {
    expect(sorted(artifact('c'), artifact('a'), artifact('b'))).toEqual(['c', 'a', 'b']);
  });

  it('come after those that they are built from', () => {
    expect(sorted(artifact('app', 'mid'), artifact('tool'), artifact('mid', 'base'), artifact('base'))).toEqual([
      'base',
      'mid',
      'app',
      'tool',
    ]);
  });

  it('are sorted quickly even when many paths lead to each', { timeout: 2000 }, () => {
    const levels = Array.from({ length: 40 }, (_, level) => [
      artifact(`a${level + 1}`, `a${level}`, `b${level}`),
      artifact(`b${level + 1}`, `a${level}`, `b${level}`),
    ]).flat();
    expect(sorted(...levels.toReversed(), artifact('a0'), artifact('b0')).slice(0, 2)).toEqual(['a0', 'b0']);
  });

  it('that need each other are all kept', () => {
    expect(sorted(artifact('a', 'b'), artifact('b', 'a')).toSorted()).toEqual(['a', 'b']);
  });
});
