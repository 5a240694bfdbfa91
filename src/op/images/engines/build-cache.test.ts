import { describe, expect, it } from 'vitest';
import { cacheImage, cacheReference, sourceOf } from './build-cache.js';

const target = { registry: 'r.example.com', path: 'shop/web', tag: 'v1' };
const of = (cacheTrust: 'trusted' | 'untrusted') => ({ buildCache: 'r.example.com/cache/', cacheTrust });

describe('the build cache of an image', () => {
  it('is in another repository for untrusted builds, whichever engine builds', () => {
    expect(cacheReference(of('trusted'), target, 'buildkit')).toEqual(['r.example.com/cache/web:buildkit']);
    expect(cacheReference(of('untrusted'), target, 'buildkit')).toEqual(['r.example.com/cache/untrusted/web:buildkit']);
    expect(cacheImage(of('trusted'), target)).toMatchObject({ path: 'cache/web', tag: 'lifecycle' });
    expect(cacheImage(of('untrusted'), target)).toMatchObject({ path: 'cache/untrusted/web', tag: 'lifecycle' });
  });

  it('of an untrusted build is never that of a trusted one, whatever the name of the image', () => {
    const named = { ...target, path: 'untrusted/web' };
    expect(cacheReference(of('trusted'), named, 'buildkit')).toEqual(['r.example.com/cache/web:buildkit']);
    const word = { ...target, path: 'shop/untrusted' };
    expect(cacheReference(of('trusted'), word, 'buildkit')).toEqual(['r.example.com/cache/untrusted:buildkit']);
  });
});

it('the repository of a build is its URL without credentials, or else that of the image', () => {
  const head = { commit: 'c', changed: 0, url: 'https://git.example.com/shop' };
  expect(sourceOf(head, undefined, target)).toBe('https://git.example.com/shop');
  expect(sourceOf(head, 'https://user:word@git.example.com/other', target)).toBe('https://git.example.com/other');
  expect(sourceOf({ ...head, url: '' }, undefined, target)).toBe('r.example.com/shop/web');
});
