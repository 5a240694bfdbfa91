import { describe, expect, it } from 'vitest';
import { formatReference } from '../../systems/registry/reference.js';
import type { BuiltImage } from '../build-result/build-result.js';
import { atPlaces, imageOutputs, shorterOutputs, willBeTooMany } from './outputs.js';

const images = (count: number): readonly BuiltImage[] =>
  Array.from({ length: count }, (_, index) => ({
    imageName: `i${index}`,
    reference: { registry: 'registry.example.com', path: `team/image-${index}`, tag: '0a1b2c3', digest },
  }));
const digest = `sha256:${'a'.repeat(64)}`;
const references = (all: readonly BuiltImage[]) => all.map(({ reference }) => formatReference(reference));
const source = { 'CHAINS-GIT_URL': 'https://git.example.com/team/app.git', 'CHAINS-GIT_COMMIT': '0'.repeat(40) };
const last = (all: readonly BuiltImage[]) => all.at(-1) ?? { imageName: '', reference: { registry: '', path: '' } };

describe('outputs of a build', () => {
  it.each([
    [[], ''],
    [[0], '#1'],
    [[0, 1], '#1-2'],
    [[1, 3, 4, 5, 9], '#2,#4-6,#10'],
    [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], '#1-10'],
  ])('name the images %j, which were only found, by their places %j', (found, places) => {
    const all = images(10);
    const reused = references(all).filter((_, index) => found.includes(index));
    expect(shorterOutputs(all, reused)[0]).toEqual({ IMAGES: '', REUSED_IMAGES: places });
    expect(atPlaces(all, places.split(',').filter(Boolean))).toEqual(reused);
  });

  it('leave other words as they are', () => {
    const words = ['#0', '#11', '#5-11', '#-1', '#1-', 'registry.example.com/x@sha256:00'];
    expect(atPlaces(images(10), words)).toEqual(words);
  });

  it.each([
    [3, false],
    [9, false],
    [22, true],
    [140, true],
  ])('of %i images will be too many: %s, which is known before the build', (count, tooMany) => {
    const all = images(count);
    const named = all.map(({ imageName, reference: { digest: _, ...reference } }) => ({ imageName, reference }));
    expect(willBeTooMany(last(named), named, source)).toBe(tooMany);
    expect(Object.values(imageOutputs(last(all), all, [])).join('').length > 2048).toBe(tooMany);
  });
});
