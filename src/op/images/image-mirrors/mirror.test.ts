import { expect, it } from 'vitest';
import { mirrored, parseMirrors } from './mirror.js';

const mirrors = parseMirrors([
  'docker.io=mirror.example.com/hub',
  'ghcr.io=mirror.example.com:5000',
  'quay.io=docker.io/quay/',
]);
const digest = `sha256:${'1'.repeat(64)}`;

it.each([
  ['alpine', 'mirror.example.com/hub/library/alpine'],
  ['alpine:3', 'mirror.example.com/hub/library/alpine:3'],
  ['library/alpine', 'mirror.example.com/hub/library/alpine'],
  [`docker.io/acme/app:1@${digest}`, `mirror.example.com/hub/acme/app:1@${digest}`],
  ['index.docker.io/acme/app', 'mirror.example.com/hub/acme/app'],
  ['GHCR.io/acme/app:1', 'mirror.example.com:5000/acme/app:1'],
  ['quay.io/a/b', 'docker.io/quay/a/b'],
])('%s is taken from %s', (image, expected) => {
  expect(mirrored(image, mirrors)).toBe(expected);
  expect(mirrored(expected, mirrors)).toBe(expected);
});

it.each([
  'registry.example.com/app',
  'localhost:5000/app',
  'mirror.example.com/hub/library/alpine',
  'Not An Image',
  '',
])('%s stays as it is', (image) => {
  expect(mirrored(image, mirrors)).toBe(image);
});

it.each([
  ['docker.io', 'it has no "="'],
  ['=mirror.example.com', 'its host is none'],
  ['docker.io=', 'its mirror is none'],
  ['docker.io/library=mirror.example.com', '"docker.io/library" is a path'],
  ['docker.io=https://mirror.example.com', 'its mirror is none'],
  ['docker.io=acme', '"acme" names no host'],
])('%s is not a mirror', (value, why) => {
  expect(() => parseMirrors([value])).toThrow(
    expect.objectContaining({ kind: 'usage', why: expect.stringContaining(why) }) as Error,
  );
});

it('takes one mirror a host', () => {
  expect(() => parseMirrors(['docker.io=a.example.com', 'index.docker.io=b.example.com'])).toThrow(
    /is not HOST=MIRROR/u,
  );
});
