import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReference, parsePrefix, parseReference, type Reference, registryOf, repositoryOf } from './reference.js';

const hex = 'a'.repeat(64);

const valid: readonly (readonly [text: string, reference: Reference])[] = [
  ['app', { path: 'app' }],
  ['app:v1', { path: 'app', tag: 'v1' }],
  ['library/alpine:3.20', { path: 'library/alpine', tag: '3.20' }],
  ['localhost/app', { registry: 'localhost', path: 'app' }],
  ['localhost:5001/app', { registry: 'localhost:5001', path: 'app' }],
  ['localhost:5001/team/app:v1', { registry: 'localhost:5001', path: 'team/app', tag: 'v1' }],
  [`ghcr.io/acme/app:t@sha256:${hex}`, { registry: 'ghcr.io', path: 'acme/app', tag: 't', digest: `sha256:${hex}` }],
  [`ghcr.io/acme/app@sha256:${hex}`, { registry: 'ghcr.io', path: 'acme/app', digest: `sha256:${hex}` }],
  [`app:${hex}`, { path: 'app', tag: hex }],
  ['[::1]:5000/app:v1', { registry: '[::1]:5000', path: 'app', tag: 'v1' }],
  ['172.30.0.1:5000/a__b/c-d/e.f_g:_x', { registry: '172.30.0.1:5000', path: 'a__b/c-d/e.f_g', tag: '_x' }],
  ['GHCR.io/acme/app', { registry: 'ghcr.io', path: 'acme/app' }],
  ['europe-west1-docker.pkg.dev/p/r/a--b', { registry: 'europe-west1-docker.pkg.dev', path: 'p/r/a--b' }],
];

const invalid: readonly (readonly [text: string, problem: string])[] = [
  ['', 'has no image name'],
  ['App', 'capital letters'],
  ['ghcr.io/Acme/app', 'capital letters'],
  ['ACME/app', 'capital letters'],
  ['ghcr.io/', 'empty part'],
  ['ghcr.io//app', 'empty part'],
  ['app:', 'its tag ""'],
  ['app:-x', 'its tag "-x"'],
  [`app:${'t'.repeat(129)}`, 'its tag'],
  ['app@sha256:abc', 'its digest "sha256:abc"'],
  [`app@sha256:${hex.toUpperCase()}`, 'its digest'],
  [`app@md5:${hex}`, 'its digest'],
  [`app:a:b@sha256:${hex}`, 'its tag "a:b"'],
  ['app@sha256:latest', 'its digest'],
  ['localhost:99999/app', 'not a registry host'],
  ['-bad.io/app', 'not a registry host'],
  ['a___b', 'is not lower-case'],
  ['app_', 'is not lower-case'],
  ['-app', 'is not lower-case'],
  ['app name', 'is not lower-case'],
  ['app\n', 'is not lower-case'],
  ['https://ghcr.io/app', 'not a registry host'],
  [`ghcr.io/${'a'.repeat(255)}`, 'the limit is 255'],
];

describe('an image reference', () => {
  it.each(valid)('%s is read', (text, reference) => expect(parseReference(text)).toEqual(reference));

  it.each(invalid)('%j is refused: %s', (text, problem) => {
    expect(parseReference(text)).toEqual({ problem: expect.stringContaining(problem) });
  });

  const word = fc.stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,2})[a-z0-9]{1,8}){0,2}$/u);
  const host = fc.oneof(
    fc.constantFrom('localhost', '[::1]:5000', 'ghcr.io'),
    fc.stringMatching(/^[a-z0-9]{1,8}\.[a-z]{2,5}(:[1-9][0-9]{1,3})?$/u),
  );
  const reference = fc.record(
    {
      registry: host,
      path: fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('/')),
      tag: fc.stringMatching(/^\w[\w.-]{0,40}$/u),
      digest: fc.stringMatching(/^[0-9a-f]{64}$/u).map((digits) => `sha256:${digits}`),
    },
    { requiredKeys: ['registry', 'path'] },
  );

  it('is the same after formatting and parsing', () => {
    fc.assert(
      fc.property(reference, (made) => {
        expect(parseReference(formatReference(made))).toEqual(made);
      }),
    );
  });

  it('keeps every accepted text unchanged, except for the case of the host', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aA0./:@_-[] \n') }), (text) => {
        const read = parseReference(text);
        if (!('problem' in read)) expect(formatReference(read).toLowerCase()).toBe(text.toLowerCase());
      }),
    );
  });

  it('gives its repository, and Docker Hub if it has no registry', () => {
    expect(repositoryOf({ registry: 'r.io', path: 'a/b', tag: 't' })).toBe('r.io/a/b');
    expect(registryOf({ path: 'app' })).toBe('docker.io');
  });
});

describe('a prefix of image names', () => {
  it.each([
    ['localhost:5001', 'localhost:5001', 'localhost:5001'],
    [' ghcr.io/acme// ', 'ghcr.io/acme', 'ghcr.io'],
    ['GHCR.io', 'ghcr.io', 'ghcr.io'],
    ['docker.io/bob', 'docker.io/bob', 'docker.io'],
    ['bob', 'bob', 'docker.io'],
    ['bob/team', 'bob/team', 'docker.io'],
    ['ghcr.io/x', 'ghcr.io/x', 'ghcr.io'],
    ['bob/x', 'bob/x', 'docker.io'],
    ['ghcr.io/acme/x', 'ghcr.io/acme/x', 'ghcr.io'],
  ])('%j is %s', (text, prefix, registry) => {
    expect(parsePrefix(text)).toEqual({ prefix, registry });
  });

  it.each([
    ['', 'it is empty'],
    ['/', 'it is empty'],
    ['ghcr.io/acme:v1', 'it is an image'],
    ['ghcr.io/Acme', 'capital letters'],
    ['ACME/app', 'capital letters'],
    ['ACME', 'not a registry host'],
    ['https://ghcr.io', 'not a registry host'],
    ['ghcr.io//acme', 'empty part'],
  ])('%j is refused: %s', (text, problem) => {
    expect(parsePrefix(text)).toEqual({ problem: expect.stringContaining(problem) });
  });
});
