import { expect, it } from 'vitest';
import { imageMirrors, mirrored, namesSameImage, parseMirrors } from './mirror.js';

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
])('%s is pulled from %s', (image, expected) => {
  expect(mirrored(image, mirrors)).toBe(expected);
  expect(mirrored(expected, mirrors)).toBe(expected);
});

it.each([
  'registry.example.com/app',
  'localhost:5000/app',
  'mirror.example.com/hub/library/alpine',
  'Not An Image',
  '',
])('%s is left unchanged', (image) => {
  expect(mirrored(image, mirrors)).toBe(image);
});

it.each([
  ['docker.io', 'it has no "="'],
  ['=mirror.example.com', 'its host is invalid'],
  ['docker.io=', 'its mirror is invalid'],
  ['docker.io/library=mirror.example.com', '"docker.io/library" is a path'],
  ['docker.io=https://mirror.example.com', 'its mirror is invalid'],
  ['docker.io=acme', '"acme" does not start with a host'],
])('%s is not a mirror', (value, why) => {
  expect(() => parseMirrors([value])).toThrow(
    expect.objectContaining({ kind: 'usage', why: expect.stringContaining(why) }) as Error,
  );
});

it('accepts one mirror for each host', () => {
  expect(() => parseMirrors(['docker.io=a.example.com', 'index.docker.io=b.example.com'])).toThrow(
    /is not HOST=MIRROR/u,
  );
});

const configured = (value: string) => ({ key: 'OP_IMAGE_MIRRORS', value, origin: 'environment' });
const hub = { host: 'docker.io', mirror: 'm.example.com/hub' };

it('reads OP_IMAGE_MIRRORS, ignoring spaces and empty items', () => {
  const found = imageMirrors([], configured(' docker.io=m.example.com/hub , , ghcr.io=m.example.com/ghcr,'));
  expect(found).toEqual([hub, { host: 'ghcr.io', mirror: 'm.example.com/ghcr' }]);
});

it('prefers mirrors of the command line, and has none by default', () => {
  expect(imageMirrors(['docker.io=m.example.com/hub'], configured('docker.io=other.example.com'))).toEqual([hub]);
  expect(imageMirrors([], undefined)).toEqual([]);
});

it('rejects an invalid mirror', () => {
  expect(() => imageMirrors([], configured('docker.io'))).toThrow('is not HOST=MIRROR');
});

const hubMirror = [{ host: 'docker.io', mirror: 'mirror.example.com/hub' }];
const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];

it.each([
  ['builder', 'docker.io/library/builder:latest'],
  ['mirror.example.com/hub/library/builder:latest', 'builder'],
  ['builder:1', 'mirror.example.com/hub/library/builder:1'],
  [`example.com/builder:1@${a}`, `example.com/builder:1@${a}`],
  [`example.com/builder:1@${a}`, `example.com/builder@${a}`],
  [`example.com/builder:1@${a}`, 'example.com/builder:1'],
  ['example.com/builder:1', `example.com/builder:1@${a}`],
  ['Not An Image', 'Not An Image'],
])('%s names the same image as %s', (image, wanted) => {
  expect(namesSameImage(image, wanted, hubMirror)).toBe(true);
});

it.each([
  ['builder:1', 'builder'],
  ['example.com/builder', 'builder'],
  [`example.com/builder:1@${a}`, `example.com/builder:1@${b}`],
  [`example.com/builder:1@${a}`, 'example.com/builder:2'],
  ['', 'builder'],
])('%s does not name the same image as %s', (image, wanted) => {
  expect(namesSameImage(image, wanted, hubMirror)).toBe(false);
});
