import { describe, expect, it } from 'vitest';
import { comesFrom } from './recorded-images.js';

describe('an image of a source that could not be listed', () => {
  const isOf = comesFrom([
    { source: 'alpine' },
    { source: 'charts.test:8443/stable/*' },
    { source: 'quay.io/acme/web' },
  ]);

  it.each([
    ['docker.io/library/alpine:3.22', true],
    ['quay.io/acme/web:v1', true],
    ['quay.io/acme/api:v1', false],
    // All charts of a repository, and none of another.
    ['charts.test:8443/stable/web:1.0.0', true],
    ['charts.test:8443/stable/more/web:1.0.0', false],
    ['charts.test:8443/other/web:1.0.0', false],
  ])('is told by its name: %s', (image, expected) => {
    expect(isOf(image)).toBe(expected);
  });
});
