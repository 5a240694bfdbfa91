import { describe, expect, it } from 'vitest';
import { checkNoCycle, stagesOf } from './stages.js';

const node = (image: string, ...requires: string[]) => ({
  image,
  requires: requires.map((image) => ({ image, alias: image })),
});

describe('the stage of an image', () => {
  it('is one more than the highest stage of what it is built from', () => {
    const stages = stagesOf([node('app', 'mid', 'base'), node('mid', 'base'), node('base'), node('other')]);
    expect(Object.fromEntries(stages)).toEqual({ base: 1, other: 1, mid: 2, app: 3 });
  });
});

describe('images that', () => {
  const check =
    (...nodes: ReturnType<typeof node>[]) =>
    () =>
      checkNoCycle('skaffold.yaml', nodes);

  it('can be ordered are accepted', () => {
    expect(check(node('a', 'b', 'c'), node('b', 'c'), node('c'))).not.toThrow();
  });

  it('are built from each other are rejected, and the error shows the cycle', () => {
    expect(check(node('x', 'a'), node('a', 'b'), node('b', 'c'), node('c', 'a'))).toThrow(
      expect.objectContaining({ kind: 'input', why: 'each is built from the next: a -> b -> c -> a' }),
    );
  });

  it('are built from an unknown image are rejected', () => {
    expect(check(node('a', 'z'))).toThrow(expect.objectContaining({ kind: 'input', why: 'the images are a' }));
  });
});
